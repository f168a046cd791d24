import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import { listQuery } from './list-query.ts';
import type { components } from './schema.d.ts';

export type Message = components['schemas']['Message'];
export type MessageThread = components['schemas']['MessageThread'];
export type Call = components['schemas']['Call'];
export type Consent = components['schemas']['Consent'];

const MESSAGES = 'messages';
/** How often what others write is looked for. */
const LIVE_MS = 5_000;

/** The numbers that the workspace sends from; the default number first. */
export const phoneNumbersQuery = queryOptions({
  queryKey: ['phone-numbers'],
  queryFn: async ({ signal }) => (await dataOf(api.GET('/api/v1/phone-numbers', { signal }))).data,
  staleTime: 60_000,
});

/** Threads, the one with the newest message first. */
export const threadsQuery = () =>
  infiniteQueryOptions({
    ...listQuery([MESSAGES, 'threads'], {}, (cursor, signal) =>
      api.GET('/api/v1/message-threads', { params: { query: cursor }, signal }),
    ),
    refetchInterval: LIVE_MS,
  });

/** The latest messages with a number, oldest first. */
export const conversationQuery = (number: string) =>
  queryOptions({
    queryKey: [MESSAGES, 'conversation', number],
    queryFn: async ({ signal }) => {
      const query = { number, sort: '-created_at' as const, limit: 100 };
      const { data } = await dataOf(api.GET('/api/v1/messages', { params: { query }, signal }));
      return data.toReversed();
    },
    refetchInterval: LIVE_MS,
  });

export function useSendMessage() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { to: string; body: string; contact_id?: string; from?: string; media?: string[] }) =>
      dataOf(api.POST('/api/v1/messages', { body: body as never })),
    onSuccess: () => queries.invalidateQueries({ queryKey: [MESSAGES] }),
  });
}

export function useMarkThreadRead() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (number: string) => dataOf(api.POST('/api/v1/message-threads/read', { body: { number } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: [MESSAGES, 'threads'] }),
  });
}

export function useClickToCall() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { to: string; contact_id?: string }) =>
      dataOf(api.POST('/api/v1/calls/click', { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['calls'] }),
  });
}

/** Where calls for members ring. */
export const memberPhonesQuery = queryOptions({
  queryKey: ['member-phones'],
  queryFn: async ({ signal }) => (await dataOf(api.GET('/api/v1/member-phones', { signal }))).data,
});

export function useSetMemberPhone() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ userId, phone }: { userId: string; phone: string | null }) =>
      dataOf(api.PUT('/api/v1/member-phones/{id}', { params: { path: { id: userId } }, body: { phone } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: memberPhonesQuery.queryKey }),
  });
}

const CONSENTS = 'consents';

/** By channel and number. */
export const consentsQuery = (filter: { address?: string; status?: Consent['status'] }) =>
  listQuery([CONSENTS], filter, (cursor, signal) =>
    api.GET('/api/v1/consents', { params: { query: { ...filter, ...cursor } }, signal }),
  );

export function useSetConsent() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Pick<Consent, 'channel' | 'address' | 'status'> & { text?: string }) =>
      dataOf(api.POST('/api/v1/consents', { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: [CONSENTS] }),
  });
}

/** The files of a message; read again while some are fetched. */
export const messageMediaQuery = (id: string) =>
  queryOptions({
    queryKey: [MESSAGES, 'media', id],
    queryFn: async ({ signal }) =>
      (await dataOf(api.GET('/api/v1/messages/{id}/media', { params: { path: { id } }, signal }))).data,
    refetchInterval: ({ state }) =>
      state.data?.some(({ is_stored: isStored, problem }) => !isStored && problem === null) ? 3_000 : false,
  });
