import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import { listQuery } from './list-query.ts';
import type { components } from './schema.d.ts';

/** A report of another CRM about a lead. */
export type CrmActivity = components['schemas']['CrmActivity'];

const KEY = ['crm-activities'];

export const unmatchedActivitiesQuery = listQuery(
  [...KEY, 'unmatched'],
  {
    matched: 'false',
    limit: 25,
  },
  (cursor, signal) =>
    api.GET('/api/v1/crm-activities', {
      params: { query: { matched: 'false', limit: 25, ...cursor } },
      signal,
    }),
);

export function useMatchActivity() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, leadId }: { id: string; leadId: string }) =>
      dataOf(
        api.POST('/api/v1/crm-activities/{id}/match', {
          params: { path: { id } },
          body: { lead_id: leadId },
        }),
      ),
    onSuccess: (_matched, { leadId }) =>
      Promise.all([
        queries.invalidateQueries({ queryKey: KEY }),
        queries.invalidateQueries({ queryKey: ['activities', leadId] }),
      ]),
  });
}
