import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from './client.ts';
import type { components, operations } from './schema.d.ts';
import { cacheSession, type Session } from './session-queries.ts';

/** The purpose of an invitation, reset or setup link. */
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

/** Calls that consume a single-use link and sign in its user. */
function useLinkMutation<Sent>(path: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Sent) => call<Session>('POST', path, { body }),
    onSuccess: (session) => cacheSession(queries, session),
  });
}

export const useSetup = () => useLinkMutation<Body<'postSetup'>>('/setup');
export const useAcceptInvitation = () =>
  useLinkMutation<Body<'postInvitationsAccept'>>('/invitations/accept');
export const useConfirmReset = () =>
  useLinkMutation<Body<'postPasswordResetsConfirm'>>('/password-resets/confirm');

export const useRequestReset = () =>
  useMutation({
    mutationFn: (body: Body<'postPasswordResets'>) => call<unknown>('POST', '/password-resets', { body }),
  });

export const useChangePassword = () =>
  useMutation({
    mutationFn: (body: Body<'putPassword'>) => call<void>('PUT', '/password', { body }),
  });
