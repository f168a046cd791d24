import { z } from 'zod';
import { decodeCursor, encodeCursor, pageOf } from '../../db/page.ts';
import type { Database } from '../../db/pool.ts';
import { pageQuery, pageShape, type PageQuery } from '../../http/paging.ts';
import { route, type Route } from '../../http/route.ts';

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

const TIMELINE = {
  name: 'activity.timeline',
  text: `select id, type, record_type, record_id, actor, changed, occurred_at from activity
         where workspace_id = $1 and record_id = $2 and ($3::uuid is null or id < $3)
         order by id desc limit $4`,
};

/** What was done with a record, newest first, after the id of the last page's last. */
export function timelineOf(
  db: Database,
  workspaceId: string,
  recordId: string,
  limit: number,
  after: string | null = null,
): Promise<ActivityRow[]> {
  return db.read<ActivityRow>(TIMELINE, [workspaceId, recordId, after, limit]);
}

/** The timeline of a contact, newest first (contracts AN10). */
export function activityRoutes(db: Database): Route[] {
  return [
    route<undefined, PageQuery>({
      method: 'GET',
      path: '/api/v1/activities/:contact_id',
      scope: 'activities:read',
      tag: 'activities',
      summary: 'The timeline of a contact',
      query: pageQuery,
      answers: { 200: pageShape(activityShape) },
      async handle({ caller, params, query: asked, url }) {
        const after = asked.cursor ? decodeCursor(asked.cursor, 'timeline').id : null;
        const rows = await timelineOf(db, caller.workspaceId, params['contact_id']!, asked.limit + 1, after);
        const cursorOf = (row: ActivityRow) =>
          encodeCursor({ sort: 'timeline', value: row.occurred_at, id: row.id });
        return { status: 200, body: pageOf(rows, asked.limit, url, cursorOf, (row) => row) };
      },
    }),
  ];
}
