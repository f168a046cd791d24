import { z } from 'zod';
import type { Extension, TimelineKind } from '../../record/extension.ts';
import type { CrmActivities } from './inbound/crm-activity.ts';
import { leadUrl } from './lead-url.ts';

/** What the module adds to leads. @param baseUrl the public URL of this installation */
export function leadExtension(baseUrl: () => string, crmActivities: CrmActivities): Extension {
  return {
    object: 'lead',
    computedFields: {
      lead_url: {
        label: 'Link',
        description: 'URL of the lead in the dashboard',
        output: z.url(),
        valuesOf: (_workspaceId, leads) => Promise.resolve(leads.map(({ id }) => leadUrl(baseUrl, id))),
      },
    },
    panels: [
      { key: 'duplicates', label: 'Possible duplicates', path: '/leads/{id}/duplicates' },
      { key: 'submissions', label: 'Submissions', path: '/leads/{id}/submissions' },
    ],
    timelineKinds: [crmReports(crmActivities)],
  };
}

/** Reports of another CRM about a lead (CW5). */
function crmReports(crmActivities: CrmActivities): TimelineKind {
  return {
    async entriesOf(workspaceId, recordIds, { limit, after }) {
      const reports = await crmActivities.listOfLeads(workspaceId, recordIds, limit, after);
      return reports.map(({ id, lead_id, event_type, payload, matched_by, received_at }) => ({
        id,
        type: 'crm_activity.received',
        record_type: 'lead',
        record_id: lead_id!,
        actor: 'crm_webhook',
        changed: null,
        details: { label: 'CRM', event_type, payload, matched_by },
        occurred_at: received_at,
      }));
    },
  };
}
