import { z } from 'zod';
import { ApiError } from '../../base/errors.ts';
import { isUuid, type Uuid } from '../../base/id.ts';
import { jsonOf } from '../../base/json-text.ts';
import type { Database } from '../../db/pool.ts';
import { route, type Route } from '../../http/route.ts';
import type { TimelineEntry } from '../../record/extension.ts';
import { timelineOf } from '../../record/timeline-routes.ts';
import type { RecordAnswer } from '../../record/record-answer.ts';
import type { RecordStore } from '../../record/record-store.ts';
import type { CrmActivities, CrmActivity } from './crm-activity.ts';
import { submissionShape, submissionsOf } from './lead-submission.ts';
import type { Lead } from './lead.ts';

/** The most of each kind that a story tells; the lists of each go on. */
const MAX_ENTRIES = 200;

/** What a line of the timeline is called, by the event it was. */
const LABELS: Readonly<Record<string, string>> = {
  'lead.created': 'Created',
  'form.submitted': 'Created',
  'lead.updated': 'Changed',
  'lead.converted': 'Converted',
  'lead.submission_added': 'Submission',
};
const CRM_LABEL = 'CRM';

const crmShape = z.object({
  id: z.uuid(),
  event_type: z.string(),
  payload: z.unknown().meta({ description: 'The whole body, as it was sent.' }),
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
          label: z.string().meta({ description: 'Of what another CRM reported: `CRM`.' }),
          type: z.string().meta({ description: 'The event, or what the other CRM calls it.' }),
          actor: z.string().nullable().meta({ description: 'Who did it; null for the other CRM.' }),
          changed: z
            .record(z.string(), z.unknown())
            .nullable()
            .meta({ description: 'Fields that changed, with what they were.' }),
          payload: z.unknown().meta({ description: 'What the other CRM sent; null otherwise.' }),
          occurred_at: z.iso.datetime(),
        }),
      ),
      crm_activity: z.array(crmShape),
    })
    .meta({ id: 'LeadTimeline' });

const BY_NUMBER = {
  name: 'lead.by-number',
  text: 'select id from lead where workspace_id = $1 and number = $2 and deleted_at is null',
};

/** A lead with all that became of it (contracts CW5), by its id or its number. */
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
      summary: 'Get a lead with all that became of it',
      description:
        'By its id or its number: the lead, what arrived of it, its timeline, and what another CRM reported of it; of each the newest 200, newest first.',
      params: { id: /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d{1,9})$/ },
      answers: { 200: shapeOf(shown.output) },
      async handle({ caller, params }) {
        const { workspaceId } = caller;
        const id = await idOf(workspaceId, params['id']!);
        const found = id && (await leads.get(workspaceId, id));
        if (!id || !found) throw new ApiError('not_found', 'There is no lead with this id or number.');
        const [submissions, done, reported] = await Promise.all([
          submissionsOf(db, workspaceId, id, MAX_ENTRIES),
          timelineOf(db, workspaceId, [id], MAX_ENTRIES),
          activities.list(workspaceId, { leadId: id }, MAX_ENTRIES, null),
        ]);
        const crmActivity = reported.map(({ id: item, event_type, payload, received_at }) => ({
          id: item,
          event_type,
          payload,
          received_at,
        }));
        const timeline = [...done.map(own), ...reported.map(foreign)]
          .toSorted((a, b) => (a.occurred_at < b.occurred_at ? 1 : a.occurred_at > b.occurred_at ? -1 : 0))
          .slice(0, MAX_ENTRIES);
        const [completed] = await shown.complete(workspaceId, [found]);
        const body = { lead: completed, submissions, timeline, crm_activity: crmActivity };
        return { status: 200, body: jsonOf(body) };
      },
    }),
  ];
}

function own({ id, type, actor, changed, occurred_at }: TimelineEntry) {
  return { id, label: LABELS[type] ?? 'Changed', type, actor, changed, payload: null, occurred_at };
}

function foreign({ id, event_type: type, payload, received_at }: CrmActivity) {
  return { id, label: CRM_LABEL, type, actor: null, changed: null, payload, occurred_at: received_at };
}
