import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from './client.ts';
import type { Page } from './list-query.ts';
import type { components } from './schema.d.ts';

export type Inbox = components['schemas']['Inbox'];
export type InboxRequest = components['schemas']['InboxRequest'];

/** How often to poll for new requests, in milliseconds. */
const POLL_INTERVAL_MS = 2_000;

export const inboxesQuery = queryOptions({
  queryKey: ['inboxes', 'list'],
  queryFn: ({ signal }) => call<Page<Inbox>>('GET', '/inboxes', { signal }),
  select: ({ data }) => data,
});

/** The last 100 requests, polled while the page is open. */
export const inboxRequestsQuery = (id: string) =>
  queryOptions({
    queryKey: ['inboxes', 'requests', id],
    queryFn: ({ signal }) =>
      call<Page<InboxRequest>>('GET', `/inboxes/${id}/requests`, { query: { limit: 100 }, signal }),
    select: ({ data }) => data,
    refetchInterval: POLL_INTERVAL_MS,
  });

function useInvalidation() {
  const queries = useQueryClient();
  return { onSuccess: () => queries.invalidateQueries({ queryKey: ['inboxes'] }) };
}

export const useCreateInbox = () =>
  useMutation({
    mutationFn: (name: string) => call<Inbox>('POST', '/inboxes', { body: { name } }),
    ...useInvalidation(),
  });

export const useUpdateInbox = () =>
  useMutation({
    mutationFn: ({ id, status }: { id: string; status: number }) =>
      call<Inbox>('PATCH', `/inboxes/${id}`, { body: { status } }),
    ...useInvalidation(),
  });

export const useRemoveInbox = () =>
  useMutation({ mutationFn: (id: string) => call<void>('DELETE', `/inboxes/${id}`), ...useInvalidation() });
