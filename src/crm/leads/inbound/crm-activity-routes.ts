import { z } from 'zod';
import { jsonOf } from '../../../base/json-text.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../../db/page.ts';
import type { RecordChange } from '../../../http/record-change.ts';
import { pageQuery, pageShape } from '../../../http/paging.ts';
import { route, type Route } from '../../../http/route.ts';
import type { CrmActivities, CrmActivity } from './crm-activity.ts';

const PATH = '/api/v1/crm-activities';

const shape = z
  .object({
    id: z.uuid(),
    lead_id: z.uuid().nullable().meta({ description: 'Null if no lead has this crm_lead_id.' }),
    crm_lead_id: z.string(),
    event_type: z.string(),
    payload: z.unknown().meta({ description: 'The whole body, as sent.' }),
    received_at: z.iso.datetime(),
    matched_by: z.string().nullable().meta({ description: 'User who matched it manually.' }),
  })
  .meta({ id: 'CrmActivity' });

const query = z.strictObject({
  ...pageQuery.shape,
  matched: z
    .stringbool()
    .optional()
    .meta({ description: '`true`: only activities with a lead; `false`: only those without.' }),
  lead_id: z.uuid().optional().meta({ description: 'Only activities of this lead.' }),
});

/** Reports of another CRM by `/webhooks/crm/lead`, and matching them manually. */
export function crmActivityRoutes(activities: CrmActivities, recordChange: RecordChange): Route[] {
  const list = route<undefined, z.output<typeof query>>({
    method: 'GET',
    path: PATH,
    scope: 'leads:read',
    tag: 'leads',
    summary: 'List CRM activities',
    description:
      'What another CRM reported, newest first. Unmatched activities are kept for 90 days, at most the newest 1,000: see `POST /crm-activities/{id}/match`.',
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
    summary: 'Match a CRM activity with a lead',
    description: 'Adds it to the timeline of the lead. 409 if it belongs to another lead.',
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
        return recordChange(trx, ctx, auditEntry, { status: 200, body: text });
      });
      return { status: 200, body: text };
    },
  });

  return [list, match];
}
