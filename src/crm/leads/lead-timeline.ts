import { z } from 'zod';
import { ApiError } from '../../base/errors.ts';
import { isUuid, type Uuid } from '../../base/id.ts';
import { jsonOf } from '../../base/json-text.ts';
import type { Database } from '../../db/pool.ts';
import { route, type Route } from '../../http/route.ts';
import type { TimelineEntry } from '../../record/extension.ts';
import { currentId } from '../../record/merge/merged-id.ts';
import { timelineOf } from '../../record/timeline-routes.ts';
import type { RecordAnswer } from '../../record/record-answer.ts';
import type { RecordStore } from '../../record/record-store.ts';
import type { CrmActivities, CrmActivity } from './inbound/crm-activity.ts';
import { submissionShape, submissionsOf } from './lead-submission.ts';
import type { Lead } from './lead.ts';

/** Entries of each kind; the lists of each kind have all of them. */
const MAX_ENTRIES = 200;

/** Labels of timeline entries, by event. */
const LABELS: Readonly<Record<string, string>> = {
  'lead.created': 'Created',
  'form.submitted': 'Created',
  'lead.updated': 'Changed',
  'lead.converted': 'Converted',
  'lead.submission_added': 'Submission',
  'lead.tag_added': 'Tag added',
  'lead.tag_removed': 'Tag removed',
  'lead.restored': 'Restored',
  'lead.merged': 'Merged',
};
const CRM_LABEL = 'CRM';

const crmShape = z.object({
  id: z.uuid(),
  event_type: z.string(),
  payload: z.unknown().meta({ description: 'The whole body, as sent.' }),
  received_at: z.iso.datetime(),
});

const shapeOf = (lead: z.ZodType) =>
  z
    .object({
      lead,
      submissions: z.array(submissionShape),
      timeline: z.array(
        z.object({
          id: z.uuid(),
          label: z.string().meta({ description: '`CRM` for reports of another CRM.' }),
          type: z.string().meta({ description: 'The event type, or the type that the other CRM sent.' }),
          actor: z.string().nullable().meta({ description: 'Who did it; null for another CRM.' }),
          changed: z
            .record(z.string(), z.unknown())
            .nullable()
            .meta({ description: 'Changed fields with their previous values.' }),
          payload: z
            .unknown()
            .meta({ description: 'The body that the other CRM sent; null for other entries.' }),
          occurred_at: z.iso.datetime(),
        }),
      ),
      crm_activity: z.array(crmShape),
    })
    .meta({ id: 'LeadTimeline' });

const BY_NUMBER = {
  name: 'lead.by-number',
  text: `select ${currentId('l')} as id from lead l
         where l.workspace_id = $1 and l.number = $2 and (l.deleted_at is null or l.merged_into is not null)`,
};

/** A lead with its history (CW5), by its id or its number. */
export function leadTimelineRoutes({
  db,
  leads,
  activities,
  shown,
}: {
  db: Database;
  leads: RecordStore<Lead>;
  activities: CrmActivities;
  shown: RecordAnswer<Lead>;
}): Route[] {
  async function idOf(workspaceId: Uuid, requested: string): Promise<Uuid | undefined> {
    if (isUuid(requested)) return requested;
    return (await db.read<{ id: Uuid }>(BY_NUMBER, [workspaceId, requested]))[0]?.id;
  }

  return [
    route({
      method: 'GET',
      path: '/analytics/leads/:id',
      scope: 'leads:read',
      tag: 'leads',
      summary: 'Get a lead with its history',
      description:
        'By id or number: the lead, its submissions, its timeline and the reports of another CRM. The newest 200 of each, newest first.',
      params: { id: /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d{1,9})$/ },
      answers: { 200: shapeOf(shown.output) },
      async handle({ caller, params }) {
        const { workspaceId } = caller;
        const requested = await idOf(workspaceId, params['id']!);
        const found = requested && (await leads.find(workspaceId, requested));
        if (!found) throw new ApiError('not_found', 'There is no lead with this id or number.');
        const { id, merged_ids: merged = [] } = found;
        const [submissions, done, reported] = await Promise.all([
          submissionsOf(db, workspaceId, id, MAX_ENTRIES),
          timelineOf(db, workspaceId, [id, ...merged], MAX_ENTRIES),
          activities.list(workspaceId, { leadId: id }, MAX_ENTRIES, null),
        ]);
        const crmActivity = reported.map(({ id: item, event_type, payload, received_at }) => ({
          id: item,
          event_type,
          payload,
          received_at,
        }));
        const timeline = [...done.map(eventEntry), ...reported.map(crmEntry)]
          .toSorted((a, b) => (a.occurred_at < b.occurred_at ? 1 : a.occurred_at > b.occurred_at ? -1 : 0))
          .slice(0, MAX_ENTRIES);
        const [completed] = await shown.complete(workspaceId, [found]);
        const body = { lead: completed, submissions, timeline, crm_activity: crmActivity };
        return { status: 200, body: jsonOf(body) };
      },
    }),
  ];
}

function eventEntry({ id, type, actor, changed, occurred_at }: TimelineEntry) {
  return { id, label: LABELS[type] ?? 'Changed', type, actor, changed, payload: null, occurred_at };
}

function crmEntry({ id, event_type: type, payload, received_at }: CrmActivity) {
  return { id, label: CRM_LABEL, type, actor: null, changed: null, payload, occurred_at: received_at };
}
