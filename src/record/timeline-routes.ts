import { z } from 'zod';
import { allows } from '../account/scope.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import { jsonOf } from '../base/json-text.ts';
import { decodeCursor, encodeCursor, pageOf } from '../db/page.ts';
import type { Database } from '../db/pool.ts';
import { pageQuery, pageShape, type PageQuery } from '../http/paging.ts';
import { route, type Route } from '../http/route.ts';
import type { Extensions, TimelineEntry } from './extension.ts';
import type { Noun } from './noun.ts';

const entryShape = z
  .object({
    id: z.uuid(),
    type: z.string().meta({ description: 'The event, as in `contact.updated`, or what a module calls it.' }),
    record_type: z.string(),
    record_id: z.uuid(),
    actor: z.string().meta({ description: 'Who did it, as in `api_key:<id>`.' }),
    changed: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({ description: 'Fields that changed, with what they were.' }),
    details: z.unknown().optional().meta({ description: 'What a module says of it.' }),
    occurred_at: z.iso.datetime(),
  })
  .meta({ id: 'Activity' });

/** Of each record its latest, by the primary key, then the latest of all: a long history is never read whole. */
const ENTRIES = {
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
): Promise<TimelineEntry[]> {
  return db.read<TimelineEntry>(ENTRIES, [workspaceId, recordIds, after, limit]);
}

/** The object whose timeline includes those of the records that name it (contracts AN10, RC14). */
const WITH_RELATED = 'contact';

/** The timeline of a record, newest first (contracts AN10). */
export function timelineRoutes(db: Database, nouns: readonly Noun[], extensions: Extensions): Route[] {
  const kindOf = { name: 'activity.kind', text: kindSql(nouns) };
  const related = { name: 'activity.related', text: relatedSql(nouns, WITH_RELATED) };

  /** The records whose entries are asked for. Throws `not_found` for what the caller may not know of. */
  async function recordsOf(workspaceId: Uuid, id: Uuid, scopes: readonly string[]): Promise<Uuid[]> {
    const mayRead = (kind: string) => {
      const plural = nouns.find(({ name }) => name === kind)!.plural;
      return allows(scopes, `${plural}:read`);
    };
    const [found] = await db.read<{ kind: string }>(kindOf, [workspaceId, id]);
    // A contact's own timeline is what the scope of this route is for.
    if (!found || (found.kind !== WITH_RELATED && !mayRead(found.kind)))
      throw new ApiError('not_found', 'There is no contact with this id.');
    if (found.kind !== WITH_RELATED) return [id];
    const rows = await db.read<{ kind: string; id: Uuid }>(related, [workspaceId, id]);
    return [id, ...rows.filter(({ kind }) => mayRead(kind)).map((row) => row.id)];
  }

  /** The latest of all kinds: each list is in the order of ids. */
  async function entriesOf(workspaceId: Uuid, recordIds: Uuid[], limit: number, after: Uuid | null) {
    const lists = await Promise.all([
      timelineOf(db, workspaceId, recordIds, limit, after),
      ...extensions.timelineKinds().map((kind) => kind.entriesOf(workspaceId, recordIds, { limit, after })),
    ]);
    return lists
      .flat()
      .toSorted((a, b) => (a.id < b.id ? 1 : -1))
      .slice(0, limit);
  }

  return [
    route<undefined, PageQuery>({
      method: 'GET',
      path: '/api/v1/activities/:contact_id',
      scope: 'activities:read',
      tag: 'activities',
      summary: 'Get the timeline of a contact',
      description:
        'Newest first, with what was done with its deals, its tasks and theirs, and the leads that became it, as far as the caller may read these. The id of another record gives the timeline of that one alone.',
      query: pageQuery,
      answers: { 200: pageShape(entryShape) },
      async handle({ caller, params, query, url }) {
        const { workspaceId, scopes } = caller;
        const after = query.cursor ? decodeCursor(query.cursor, 'timeline').id : null;
        const records = await recordsOf(workspaceId, params['contact_id']!, scopes);
        const rows = await entriesOf(workspaceId, records, query.limit + 1, after);
        const cursorOf = (row: TimelineEntry) =>
          encodeCursor({ sort: 'timeline', value: row.occurred_at, id: row.id });
        return { status: 200, body: jsonOf(pageOf(rows, query.limit, url, cursorOf, (row) => row)) };
      },
    }),
  ];
}

/** Which kind of record an id is. `$1` workspace, `$2` id. */
function kindSql(nouns: readonly Noun[]): string {
  const selectKind = ({ name }: Noun) =>
    `select '${name}' as kind from ${name} where workspace_id = $1 and id = $2 and deleted_at is null`;
  return nouns.map(selectKind).join(' union all ');
}

/**
 * What names a record and is not deleted, and what names that: a contact's deals, its tasks and theirs, the leads that
 * became it. By fields that lists are filtered by: an index holds them. `$1` workspace, `$2` id.
 */
function relatedSql(nouns: readonly Noun[], name: string): string {
  const first = namedBy(nouns, name);
  const second = first.flatMap((link) =>
    namedBy(nouns, link.table).map((next) => ({ ...next, by: link.table })),
  );
  const direct = first.map(
    ({ table, column }) =>
      `select '${table}' as kind, id from ${table} where workspace_id = $1 and ${column} = $2 and deleted_at is null`,
  );
  const indirect = second.map(
    ({ table, column, by }) =>
      `select '${table}', t.id from direct d join ${table} t on t.workspace_id = $1 and t.${column} = d.id
         and t.deleted_at is null where d.kind = '${by}'`,
  );
  return `with direct as (${direct.join(' union all ')}) ${['select * from direct', ...indirect].join(' union ')}`;
}

function namedBy(nouns: readonly Noun[], name: string): { table: string; column: string }[] {
  return nouns.flatMap(({ name: table, fields }) =>
    Object.entries(fields)
      .filter(([, field]) => field.references === name && field.filter !== undefined)
      .map(([column]) => ({ table, column })),
  );
}
