import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError } from './client.ts';
import { sessionQuery } from './session-queries.ts';

/** Keeps what was read for a moment, and asks again only where asking again can help. */
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

  /**
   * Whatever call is first refused has the session read again: where it has ended, the layout asks to sign in. A wrong
   * password is refused in the same way, and ends nothing.
   */
  function checkSession(error: Error): void {
    if (error instanceof ApiError && error.status === 401) void queries.invalidateQueries(sessionQuery);
  }
}
