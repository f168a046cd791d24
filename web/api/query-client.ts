import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError } from './client.ts';
import { sessionQuery } from './session-queries.ts';

/** Caches responses for 10 s; retries only connection errors and statuses from 502. */
export function createQueryClient(): QueryClient {
  const queries = new QueryClient({
    queryCache: new QueryCache({ onError: checkSession }),
    mutationCache: new MutationCache({ onError: checkSession }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (failures, error) =>
          failures < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 502),
      },
    },
  });
  return queries;

  /** After a 401, refetches the session; if it has ended, the layout asks to sign in. A wrong password is a 401, too. */
  function checkSession(error: Error): void {
    if (error instanceof ApiError && error.status === 401) void queries.invalidateQueries(sessionQuery);
  }
}
