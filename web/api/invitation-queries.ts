import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import { listQuery } from './list-query.ts';
import type { components } from './schema.d.ts';
import type { Role } from './session-queries.ts';

/** Only the create response contains the link. */
export type Invitation = components['schemas']['Invitation'];

const KEY = ['invitations'];

export const invitationsQuery = listQuery(KEY, { limit: 100 }, (cursor, signal) =>
  api.GET('/api/v1/invitations', { params: { query: { limit: 100, ...cursor } }, signal }),
);

function useInvalidation() {
  const queries = useQueryClient();
  return { onSuccess: () => queries.invalidateQueries({ queryKey: KEY }) };
}

export const useInvite = () =>
  useMutation({
    mutationFn: (body: { email: string; role: Role }) => dataOf(api.POST('/api/v1/invitations', { body })),
    ...useInvalidation(),
  });

export const useWithdrawInvitation = () =>
  useMutation({
    mutationFn: (id: string) => dataOf(api.DELETE('/api/v1/invitations/{id}', { params: { path: { id } } })),
    ...useInvalidation(),
  });
