import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import type { components, operations } from './schema.d.ts';
import { cacheSession, type Session } from './session-queries.ts';

/** The purpose of an invitation, reset or setup link. */
export type OpenedLink = components['schemas']['Link'];

export const linkQuery = (token: string) =>
  queryOptions({
    queryKey: ['link', token],
    queryFn: ({ signal }) => dataOf(api.POST('/api/v1/links/open', { body: { token }, signal })),
    staleTime: Infinity,
  });

type Body<Operation extends keyof operations> = operations[Operation] extends {
  requestBody: { content: { 'application/json': infer Sent } };
}
  ? Sent
  : never;

/** Calls that consume a single-use link and sign in its user. */
function useLinkMutation<Sent>(open: (body: Sent) => Promise<{ data?: Session }>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Sent) => dataOf(open(body)),
    onSuccess: (session) => cacheSession(queries, session),
  });
}

export const useSetup = () =>
  useLinkMutation((body: Body<'postSetup'>) => api.POST('/api/v1/setup', { body }));
export const useAcceptInvitation = () =>
  useLinkMutation((body: Body<'postInvitationsAccept'>) => api.POST('/api/v1/invitations/accept', { body }));
export const useConfirmReset = () =>
  useLinkMutation((body: Body<'postPasswordResetsConfirm'>) =>
    api.POST('/api/v1/password-resets/confirm', { body }),
  );

export const useRequestReset = () =>
  useMutation({
    mutationFn: (body: Body<'postPasswordResets'>) => dataOf(api.POST('/api/v1/password-resets', { body })),
  });

export const useChangePassword = () =>
  useMutation({
    mutationFn: (body: Body<'putPassword'>) => dataOf(api.PUT('/api/v1/password', { body })),
  });
