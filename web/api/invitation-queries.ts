import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from './client.ts';
import { listQuery } from './list-query.ts';
import type { components } from './schema.d.ts';
import type { Role } from './session-queries.ts';

/** Only the create response contains the link. */
export type Invitation = components['schemas']['Invitation'];

const KEY = ['invitations'];

export const invitationsQuery = listQuery<Invitation>(KEY, '/invitations', { limit: 100 });

function useInvalidation() {
  const queries = useQueryClient();
  return { onSuccess: () => queries.invalidateQueries({ queryKey: KEY }) };
}

export const useInvite = () =>
  useMutation({
    mutationFn: (body: { email: string; role: Role }) => call<Invitation>('POST', '/invitations', { body }),
    ...useInvalidation(),
  });

export const useWithdrawInvitation = () =>
  useMutation({
    mutationFn: (id: string) => call<void>('DELETE', `/invitations/${id}`),
    ...useInvalidation(),
  });
