import { infiniteQueryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from './client.ts';
import { listQuery } from './list-query.ts';
import type { components } from './schema.d.ts';

/** What an owner or admin should know. */
export type Notice = components['schemas']['Notice'];

/** Asked for again every minute, and whenever somebody comes back to the page. */
export const noticesQuery = infiniteQueryOptions({
  ...listQuery<Notice>(['notices'], '/notices'),
  refetchInterval: 60_000,
});

export function useDismissNotice() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => call<void>('POST', `/notices/${id}/dismiss`),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['notices'] }),
  });
}
