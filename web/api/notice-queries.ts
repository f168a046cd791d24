import { infiniteQueryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from './client.ts';
import { listQuery } from './list-query.ts';
import type { components } from './schema.d.ts';

/** A notification for owners and admins. */
export type Notice = components['schemas']['Notice'];

/** Polled every minute, and refetched on window focus. */
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
