import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from './client.ts';
import { pagesOf } from './page.ts';
import type { Role } from './session-queries.ts';

export interface Invitation {
  id: string;
  email: string;
  role: Role;
  state: 'pending' | 'expired';
  invited_by: string;
  created_at: string;
  expires_at: string;
}

/** What making one answers: the link is in it, this once. */
export interface MadeInvitation extends Invitation {
  url: string;
  /** Whether the link went out by mail, too. */
  mailed: boolean;
}

const KEY = ['invitations'];

export const invitationsQuery = pagesOf<Invitation>(KEY, '/invitations', { limit: 100 });

function useThenReread() {
  const queries = useQueryClient();
  return { onSuccess: () => queries.invalidateQueries({ queryKey: KEY }) };
}

export const useInvite = () =>
  useMutation({
    mutationFn: (body: { email: string; role: Role }) =>
      call<MadeInvitation>('POST', '/invitations', { body }),
    ...useThenReread(),
  });

export const useWithdrawInvitation = () =>
  useMutation({ mutationFn: (id: string) => call<void>('DELETE', `/invitations/${id}`), ...useThenReread() });
