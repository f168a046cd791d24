import { infiniteQueryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import { listQuery } from './list-query.ts';
import type { components } from './schema.d.ts';

/** A notification for owners and admins. */
export type Notice = components['schemas']['Notice'];

/** Polled every minute, and refetched on window focus. */
export const noticesQuery = infiniteQueryOptions({
  ...listQuery(['notices'], {}, (cursor, signal) =>
    api.GET('/api/v1/notices', { params: { query: cursor }, signal }),
  ),
  refetchInterval: 60_000,
});

export function useDismissNotice() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      dataOf(api.POST('/api/v1/notices/{id}/dismiss', { params: { path: { id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['notices'] }),
  });
}
