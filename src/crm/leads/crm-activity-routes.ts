import { z } from 'zod';
import { jsonOf } from '../../base/json-text.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../db/page.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { pageQuery, pageShape } from '../../http/paging.ts';
import { route, type Route } from '../../http/route.ts';
import type { CrmActivities, CrmActivity } from './crm-activity.ts';

const PATH = '/api/v1/crm-activities';

const shape = z
  .object({
    id: z.uuid(),
    lead_id: z.uuid().nullable().meta({ description: 'Null where no lead has this crm_lead_id.' }),
    crm_lead_id: z.string(),
    event_type: z.string(),
    payload: z.unknown().meta({ description: 'The whole body, as it was sent.' }),
    received_at: z.iso.datetime(),
    matched_by: z.string().nullable().meta({ description: 'Who matched it by hand.' }),
  })
  .meta({ id: 'CrmActivity' });

const query = z.strictObject({
  ...pageQuery.shape,
  matched: z.stringbool().optional().meta({ description: 'Only those with a lead, or only those without.' }),
  lead_id: z.uuid().optional().meta({ description: 'Only those of this lead.' }),
});

/** What another CRM reported by `/webhooks/crm/lead`, and what of it no lead matched. */
export function crmActivityRoutes(activities: CrmActivities, recordChange: RecordChange): Route[] {
  const list = route<undefined, z.output<typeof query>>({
    method: 'GET',
    path: PATH,
    scope: 'leads:read',
    tag: 'leads',
    summary: 'List what another CRM reported',
    description:
      'Newest first. Of those that match no lead, the newest 1,000 are kept, for 90 days: see `POST /crm-activities/{id}/match`.',
    query,
    answers: { 200: pageShape(shape) },
    async handle({ caller, query: requested, url }) {
      const after = requested.cursor ? decodeCursor(requested.cursor, 'crm-activities').id : null;
      const which = { matched: requested.matched, leadId: requested.lead_id };
      const rows = await activities.list(caller.workspaceId, which, requested.limit + 1, after);
      const cursorOf = (row: CrmActivity) =>
        encodeCursor({ sort: 'crm-activities', value: row.received_at, id: row.id });
      return { status: 200, body: jsonOf(pageOf(rows, requested.limit, url, cursorOf, (row) => row)) };
    },
  });

  const match = route<{ lead_id: string }>({
    method: 'POST',
    path: `${PATH}/:id/match`,
    scope: 'leads:write',
    tag: 'leads',
    summary: 'Match a report with its lead by hand',
    description: 'It stands in the lead’s timeline from then on. 409 where it is with another lead already.',
    body: z.strictObject({ lead_id: z.uuid().toLowerCase() }),
    answers: { 200: shape },
    async handle(ctx) {
      const { workspaceId, actor } = ctx.caller;
      let text = '';
      await activities.match({ workspaceId, actor }, ctx.params['id']!, ctx.body.lead_id, (trx, matched) => {
        text = jsonOf(matched);
        const auditEntry = {
          action: 'crm_activity.matched',
          objectType: 'crm_activity',
          objectId: matched.id,
          details: { lead_id: matched.lead_id },
        };
        return recordChange.enter(trx, ctx, auditEntry, { status: 200, body: text });
      });
      return { status: 200, body: text };
    },
  });

  return [list, match];
}
