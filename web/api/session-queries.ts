import {
  queryOptions,
  useMutation,
  useQueryClient,
  useSuspenseQuery,
  type QueryClient,
} from '@tanstack/react-query';
import { ApiError, call } from './client.ts';
import type { components, operations } from './schema.d.ts';

/** Who is signed in, where, and what they may do there. */
export type Session = components['schemas']['Session'];
export type Role = Session['role'];

/** The session, or null where nobody is signed in. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      return await call<Session>('GET', '/session', { signal });
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 60_000,
});

/** The session of a page that only people who are signed in see. */
export function useSession(): Session {
  const { data } = useSuspenseQuery(sessionQuery);
  if (data === null) throw new Error('This page is shown to people who are signed in.');
  return data;
}

/** True where the session may do what needs this scope: a role holds each by its own name, or everything. */
export function useHasScope(scope: string): boolean {
  return useScopeCheck()(scope);
}

/** The same, for several scopes. */
export function useScopeCheck(): (scope: string) => boolean {
  const { scopes } = useSession();
  return (scope) => scopes.includes('*') || scopes.includes(scope);
}

type Credentials = operations['postSession']['requestBody']['content']['application/json'];

/** Whoever was signed in before: nothing of what they saw stays. */
export function startSession(queries: QueryClient, session: Session): void {
  queries.clear();
  queries.setQueryData(sessionQuery.queryKey, session);
}

export function useSignIn() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Credentials) => call<Session>('POST', '/session', { body }),
    onSuccess: (session) => startSession(queries, session),
  });
}

/** Both leave the page as it stands: the next one starts with nothing of this workspace in memory. */
export function useSwitchWorkspace(next: string) {
  return useMutation({
    mutationFn: (workspaceId: string) =>
      call<Session>('PATCH', '/session', { body: { workspace_id: workspaceId } }),
    onSuccess: () => window.location.assign(next),
  });
}

export function useSignOut(next: string) {
  return useMutation({
    mutationFn: () => call<void>('DELETE', '/session'),
    onSuccess: () => window.location.assign(next),
  });
}
