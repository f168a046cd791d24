import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import type { components } from './schema.d.ts';

/** The retention periods of events and attempts, and the stored size. */
export type Retention = components['schemas']['Retention'];
export type RetentionTerm = Pick<Retention, 'event_days' | 'attempt_days'>;

export const retentionQuery = queryOptions({
  queryKey: ['retention'],
  queryFn: ({ signal }) => dataOf(api.GET('/api/v1/retention', { signal })),
});

export function useChangeRetention() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: RetentionTerm) => dataOf(api.PATCH('/api/v1/retention', { body })),
    onSuccess: (retention) => queries.setQueryData(retentionQuery.queryKey, retention),
  });
}
