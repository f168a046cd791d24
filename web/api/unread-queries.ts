import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';

/** How often mails that arrived are looked for. */
const POLL_MS = 30_000;

/** How many emails nobody has read. */
export const unreadEmailsQuery = queryOptions({
  queryKey: ['emails', 'unread'],
  queryFn: ({ signal }) => dataOf(api.GET('/api/v1/email-threads/unread', { signal })),
  refetchInterval: POLL_MS,
});

export type ReadMark = 'read' | 'unread';

/** Marks an email as read or unread. */
export function useMarkEmail() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, mark }: { id: string; mark: ReadMark }) =>
      dataOf(api.POST(`/api/v1/emails/{id}/${mark}`, { params: { path: { id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['emails'] }),
  });
}

/** Marks a thread as read or unread. */
export function useMarkThread() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, mark }: { id: string; mark: ReadMark }) =>
      dataOf(api.POST(`/api/v1/email-threads/{id}/${mark}`, { params: { path: { id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['emails'] }),
  });
}
