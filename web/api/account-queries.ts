import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from './client.ts';
import type { components, operations } from './schema.d.ts';
import { startSession, type Session } from './session-queries.ts';

/** What a link that was sent or shown to somebody is for. */
export type OpenedLink = components['schemas']['Link'];

export const linkQuery = (token: string) =>
  queryOptions({
    queryKey: ['link', token],
    queryFn: ({ signal }) => call<OpenedLink>('POST', '/links/open', { body: { token }, signal }),
    staleTime: Infinity,
  });

type Body<Operation extends keyof operations> = operations[Operation] extends {
  requestBody: { content: { 'application/json': infer Sent } };
}
  ? Sent
  : never;

/** Calls that use a link up and sign in whom it was for. */
function useLink<Sent>(path: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Sent) => call<Session>('POST', path, { body }),
    onSuccess: (session) => startSession(queries, session),
  });
}

export const useSetup = () => useLink<Body<'postSetup'>>('/setup');
export const useAcceptInvitation = () => useLink<Body<'postInvitationsAccept'>>('/invitations/accept');
export const useConfirmReset = () => useLink<Body<'postPasswordResetsConfirm'>>('/password-resets/confirm');

export const useRequestReset = () =>
  useMutation({
    mutationFn: (body: Body<'postPasswordResets'>) => call<unknown>('POST', '/password-resets', { body }),
  });

export const useChangePassword = () =>
  useMutation({
    mutationFn: (body: Body<'putPassword'>) => call<void>('PUT', '/password', { body }),
  });
