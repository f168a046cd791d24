import { z } from 'zod';
import { allows } from '../account/scope.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import { decodeCursor, encodeCursor, pageOf } from '../db/page.ts';
import type { Database } from '../db/pool.ts';
import { pageQuery, pageShape, type PageQuery } from '../http/paging.ts';
import { route, type Route } from '../http/route.ts';

export interface ActivityRow {
  id: string;
  type: string;
  record_type: string;
  record_id: string;
  actor: string;
  changed: Record<string, unknown> | null;
  occurred_at: string;
}

const activityShape = z
  .object({
    id: z.uuid(),
    type: z.string().meta({ description: 'The event it was, as in `contact.updated`.' }),
    record_type: z.string(),
    record_id: z.uuid(),
    actor: z.string().meta({ description: 'Who did it, as in `api_key:<id>`.' }),
    changed: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({ description: 'Fields that changed, with what they were.' }),
    occurred_at: z.iso.datetime(),
  })
  .meta({ id: 'Activity' });

/** Of each record its latest, by the primary key, then the latest of all: a long history is never read whole. */
const TIMELINE = {
  name: 'activity.timeline',
  text: `select a.* from unnest($2::uuid[]) r(id)
         cross join lateral (
           select id, type, record_type, record_id, actor, changed, occurred_at from activity
           where workspace_id = $1 and record_id = r.id and ($3::uuid is null or id < $3)
           order by id desc limit $4
         ) a
         order by a.id desc limit $4`,
};

/** What was done with some records, newest first, after the id of the last page's last. */
export function timelineOf(
  db: Database,
  workspaceId: Uuid,
  recordIds: readonly Uuid[],
  limit: number,
  after: Uuid | null = null,
): Promise<ActivityRow[]> {
  return db.read<ActivityRow>(TIMELINE, [workspaceId, recordIds, after, limit]);
}

/** The kinds of records that have a timeline, by the scope that reads them. */
const KINDS = {
  contact: 'contacts',
  company: 'companies',
  deal: 'deals',
  task: 'tasks',
  lead: 'leads',
} as const;
type Kind = keyof typeof KINDS;

const KIND_OF = {
  name: 'activity.kind',
  text: Object.keys(KINDS)
    .map(
      (kind) =>
        `select '${kind}' as kind from ${kind} where workspace_id = $1 and id = $2 and deleted_at is null`,
    )
    .join(' union all '),
};

/** What belongs to a contact and is not deleted: its deals, its tasks and theirs, the leads that became it. */
const RELATED = {
  name: 'activity.related',
  text: `
with deals as (
  select id from deal where workspace_id = $1 and contact_id = $2 and deleted_at is null
)
select 'deal' as kind, id from deals
union select 'task', id from task where workspace_id = $1 and contact_id = $2 and deleted_at is null
union select 'task', t.id from deals d
  join task t on t.workspace_id = $1 and t.deal_id = d.id and t.deleted_at is null
union select 'lead', id from lead where workspace_id = $1 and contact_id = $2 and deleted_at is null`,
};

/** The timeline of a contact, newest first (contracts AN10). */
export function activityRoutes(db: Database): Route[] {
  /** The records whose timeline is asked for. Throws `not_found` for what the caller may not know of. */
  async function recordsOf(workspaceId: Uuid, id: Uuid, scopes: readonly string[]): Promise<Uuid[]> {
    const may = (kind: Kind) => allows(scopes, `${KINDS[kind]}:read`);
    const [found] = await db.read<{ kind: Kind }>(KIND_OF, [workspaceId, id]);
    // A contact's own timeline is what the scope of this route is for.
    if (!found || (found.kind !== 'contact' && !may(found.kind)))
      throw new ApiError('not_found', 'There is no contact with this id.');
    if (found.kind !== 'contact') return [id];
    const related = await db.read<{ kind: Kind; id: Uuid }>(RELATED, [workspaceId, id]);
    return [id, ...related.filter(({ kind }) => may(kind)).map((item) => item.id)];
  }

  return [
    route<undefined, PageQuery>({
      method: 'GET',
      path: '/api/v1/activities/:contact_id',
      scope: 'activities:read',
      tag: 'activities',
      summary: 'The timeline of a contact',
      description:
        'Newest first, with what was done with its deals, its tasks and theirs, and the leads that became it, as far as the caller may read these. The id of another record gives the timeline of that one alone.',
      query: pageQuery,
      answers: { 200: pageShape(activityShape) },
      async handle({ caller, params, query: requested, url }) {
        const { workspaceId, scopes } = caller;
        const after = requested.cursor ? decodeCursor(requested.cursor, 'timeline').id : null;
        const records = await recordsOf(workspaceId, params['contact_id']!, scopes);
        const rows = await timelineOf(db, workspaceId, records, requested.limit + 1, after);
        const cursorOf = (row: ActivityRow) =>
          encodeCursor({ sort: 'timeline', value: row.occurred_at, id: row.id });
        return { status: 200, body: pageOf(rows, requested.limit, url, cursorOf, (row) => row) };
      },
    }),
  ];
}
