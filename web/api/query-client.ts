import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError } from './client.ts';
import { sessionQuery } from './session-queries.ts';

/** Keeps what was read for a moment, and asks again only where asking again can help. */
export function makeQueryClient(): QueryClient {
  const queries = new QueryClient({
    queryCache: new QueryCache({ onError: noteEndOfSession }),
    mutationCache: new MutationCache({ onError: noteEndOfSession }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (failures, error) =>
          failures < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 502),
      },
    },
  });
  return queries;

  /** Whatever call first meets the end of a session ends it for all pages: the layout then asks to sign in. */
  function noteEndOfSession(error: Error): void {
    if (error instanceof ApiError && error.status === 401) queries.setQueryData(sessionQuery.queryKey, null);
  }
}
