import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import { listQuery } from './list-query.ts';
import type { components } from './schema.d.ts';
import type { Role } from './session-queries.ts';

export type Member = components['schemas']['Member'];
/** What a member created and nobody has revoked; null for kinds that the session may not read. */
export type CreatedByMember = components['schemas']['MadeByMember'];
export type CreatedKind = keyof CreatedByMember;

const KEY = ['members'];

export const membersQuery = listQuery(KEY, { limit: 200 }, (cursor, signal) =>
  api.GET('/api/v1/members', { params: { query: { limit: 200, ...cursor } }, signal }),
);

function useInvalidation() {
  const queries = useQueryClient();
  return { onSuccess: () => queries.invalidateQueries({ queryKey: KEY }) };
}

export const useChangeRole = () =>
  useMutation({
    mutationFn: ({ id, role }: { id: string; role: Role }) =>
      dataOf(api.PATCH('/api/v1/members/{id}', { params: { path: { id } }, body: { role } })),
    ...useInvalidation(),
  });

export const createdByMemberQuery = (id: string) =>
  queryOptions({
    queryKey: [...KEY, id, 'made'],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/v1/members/{id}/made', { params: { path: { id } }, signal })),
  });

/** Also changes their keys, secrets, webhooks, connections and invitations, so all queries are refetched. */
export function useRemoveMember() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, revoke = [] }: { id: string; revoke?: readonly CreatedKind[] }) =>
      dataOf(
        api.DELETE('/api/v1/members/{id}', { params: { path: { id }, query: { revoke: revoke.join(',') } } }),
      ),
    onSuccess: () => queries.invalidateQueries(),
  });
}
