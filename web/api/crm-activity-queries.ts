import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from './client.ts';
import { listQuery } from './list-query.ts';
import type { components } from './schema.d.ts';

/** A report of another CRM about a lead. */
export type CrmActivity = components['schemas']['CrmActivity'];

const KEY = ['crm-activities'];

export const unmatchedActivitiesQuery = listQuery<CrmActivity>([...KEY, 'unmatched'], '/crm-activities', {
  matched: 'false',
  limit: 25,
});

export function useMatchActivity() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, leadId }: { id: string; leadId: string }) =>
      call<CrmActivity>('POST', `/crm-activities/${id}/match`, { body: { lead_id: leadId } }),
    onSuccess: (_matched, { leadId }) =>
      Promise.all([
        queries.invalidateQueries({ queryKey: KEY }),
        queries.invalidateQueries({ queryKey: ['activities', leadId] }),
      ]),
  });
}
