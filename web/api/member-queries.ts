import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from './client.ts';
import { listQuery } from './list-query.ts';
import type { components } from './schema.d.ts';
import type { Role } from './session-queries.ts';

export type Member = components['schemas']['Member'];
/** What somebody made and is not revoked; null for what the reader may not see. */
export type MadeByMember = components['schemas']['MadeByMember'];
export type MadeKind = keyof MadeByMember;

const KEY = ['members'];

export const membersQuery = listQuery<Member>(KEY, '/members', { limit: 200 });

function useInvalidation() {
  const queries = useQueryClient();
  return { onSuccess: () => queries.invalidateQueries({ queryKey: KEY }) };
}

export const useChangeRole = () =>
  useMutation({
    mutationFn: ({ id, role }: { id: string; role: Role }) =>
      call<Member>('PATCH', `/members/${id}`, { body: { role } }),
    ...useInvalidation(),
  });

export const madeByQuery = (id: string) =>
  queryOptions({
    queryKey: [...KEY, id, 'made'],
    queryFn: ({ signal }) => call<MadeByMember>('GET', `/members/${id}/made`, { signal }),
  });

/** Keys, secrets, webhooks and invitations of theirs change with it: all of them are read again. */
export function useRemoveMember() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, revoke = [] }: { id: string; revoke?: readonly MadeKind[] }) =>
      call<void>('DELETE', `/members/${id}`, { query: { revoke: revoke.join(',') } }),
    onSuccess: () => queries.invalidateQueries(),
  });
}
