import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from './client.ts';
import { startSession, type Role, type Session } from './session-queries.ts';

/** What a link that was sent or shown to somebody is for. */
export interface OpenedLink {
  kind: 'setup' | 'invitation' | 'password_reset';
  workspace: { id: string; name: string } | null;
  email: string | null;
  role: Role | null;
  /** The invited person signs in elsewhere already: their password is asked, not a new one. */
  has_account: boolean;
  expires_at: string;
}

export const linkQuery = (token: string) =>
  queryOptions({
    queryKey: ['link', token],
    queryFn: ({ signal }) => call<OpenedLink>('POST', '/links/open', { body: { token }, signal }),
    staleTime: Infinity,
  });

export interface Setup {
  token: string;
  name: string;
  email: string;
  password: string;
  workspace_name?: string;
}

export interface Acceptance {
  token: string;
  name?: string;
  password: string;
}

export interface NewPassword {
  token: string;
  password: string;
}

/** Calls that use a link up and sign in whom it was for. */
function useLink<Body>(path: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Body) => call<Session>('POST', path, { body }),
    onSuccess: (session) => startSession(queries, session),
  });
}

export const useSetup = () => useLink<Setup>('/setup');
export const useAcceptInvitation = () => useLink<Acceptance>('/invitations/accept');
export const useConfirmReset = () => useLink<NewPassword>('/password-resets/confirm');

export const useRequestReset = () =>
  useMutation({
    mutationFn: (body: { email: string }) => call<unknown>('POST', '/password-resets', { body }),
  });

export const useChangePassword = () =>
  useMutation({
    mutationFn: (body: { current_password: string; password: string }) =>
      call<void>('PUT', '/password', { body }),
  });
