import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from './client.ts';
import { pagesOf } from './pages-of.ts';
import type { components } from './schema.d.ts';

/** What another CRM reported of a lead. */
export type CrmActivity = components['schemas']['CrmActivity'];

const KEY = ['crm-activities'];

export const crmActivitiesOf = (leadId: string) =>
  pagesOf<CrmActivity>([...KEY, 'lead', leadId], '/crm-activities', { lead_id: leadId, limit: 30 });

export const unmatchedActivities = pagesOf<CrmActivity>([...KEY, 'unmatched'], '/crm-activities', {
  matched: 'false',
  limit: 25,
});

export function useMatchActivity() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, leadId }: { id: string; leadId: string }) =>
      call<CrmActivity>('POST', `/crm-activities/${id}/match`, { body: { lead_id: leadId } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: KEY }),
  });
}
