import {
  queryOptions,
  useMutation,
  useQueryClient,
  useSuspenseQuery,
  type QueryClient,
} from '@tanstack/react-query';
import { ApiError, api, dataOf } from './client.ts';
import type { components, operations } from './schema.d.ts';

/** The signed-in user, workspace and scopes. */
export type Session = components['schemas']['Session'];
export type Role = Session['role'];

/** The session, or null if signed out. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      return await dataOf(api.GET('/api/v1/session', { signal }));
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 60_000,
});

/** The session, on pages that require one. */
export function useSession(): Session {
  const { data } = useSuspenseQuery(sessionQuery);
  if (data === null) throw new Error('This page requires a session.');
  return data;
}

/** True if the session has this scope, by name or by `*`. */
export function useHasScope(scope: string): boolean {
  return useScopeCheck()(scope);
}

/** A check for several scopes. */
export function useScopeCheck(): (scope: string) => boolean {
  const { scopes } = useSession();
  return (scope) => scopes.includes('*') || scopes.includes(scope);
}

type Credentials = operations['postSession']['requestBody']['content']['application/json'];

/** Clears the cache, so that no data of a previous user remains. */
export function cacheSession(queries: QueryClient, session: Session): void {
  queries.clear();
  queries.setQueryData(sessionQuery.queryKey, session);
}

export function useSignIn() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Credentials) => dataOf(api.POST('/api/v1/session', { body })),
    onSuccess: (session) => cacheSession(queries, session),
  });
}

/** Switching and signing out reload the page, so that no data of the workspace remains in memory. */
export function useSwitchWorkspace(next: string) {
  return useMutation({
    mutationFn: (workspaceId: string) =>
      dataOf(api.PATCH('/api/v1/session', { body: { workspace_id: workspaceId } })),
    onSuccess: () => window.location.assign(next),
  });
}

export function useSignOut(next: string) {
  return useMutation({
    mutationFn: () => dataOf(api.DELETE('/api/v1/session')),
    onSuccess: () => window.location.assign(next),
  });
}
