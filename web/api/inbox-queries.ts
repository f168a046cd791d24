import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import type { components } from './schema.d.ts';

export type Inbox = components['schemas']['Inbox'];
export type InboxRequest = components['schemas']['InboxRequest'];

/** How often to poll for new requests, in milliseconds. */
const POLL_INTERVAL_MS = 2_000;

export const inboxesQuery = queryOptions({
  queryKey: ['inboxes', 'list'],
  queryFn: ({ signal }) => dataOf(api.GET('/api/v1/inboxes', { signal })),
  select: ({ data }) => data,
});

/** The last 100 requests, polled while the page is open. */
export const inboxRequestsQuery = (id: string) =>
  queryOptions({
    queryKey: ['inboxes', 'requests', id],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET('/api/v1/inboxes/{id}/requests', { params: { path: { id }, query: { limit: 100 } }, signal }),
      ),
    select: ({ data }) => data,
    refetchInterval: POLL_INTERVAL_MS,
  });

function useInvalidation() {
  const queries = useQueryClient();
  return { onSuccess: () => queries.invalidateQueries({ queryKey: ['inboxes'] }) };
}

export const useCreateInbox = () =>
  useMutation({
    mutationFn: (name: string) => dataOf(api.POST('/api/v1/inboxes', { body: { name } })),
    ...useInvalidation(),
  });

export const useUpdateInbox = () =>
  useMutation({
    mutationFn: ({ id, status }: { id: string; status: number }) =>
      dataOf(api.PATCH('/api/v1/inboxes/{id}', { params: { path: { id } }, body: { status } })),
    ...useInvalidation(),
  });

export const useRemoveInbox = () =>
  useMutation({
    mutationFn: (id: string) => dataOf(api.DELETE('/api/v1/inboxes/{id}', { params: { path: { id } } })),
    ...useInvalidation(),
  });
