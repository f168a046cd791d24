import { z } from 'zod';
import type { Caller } from '../account/caller.ts';
import { recordScopes } from '../account/scope.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import { jsonOf } from '../base/json-text.ts';
import { decodeCursor, encodeCursor, pageOf } from '../db/page.ts';
import type { Database } from '../db/pool.ts';
import { pageQuery, pageShape, type PageQuery } from '../http/paging.ts';
import { route, type Route } from '../http/route.ts';
import type { Extensions, TimelineEntry } from './extension.ts';
import { currentId } from './merge/merged-id.ts';
import type { BaseRecord, Noun } from './noun.ts';
import type { RecordStore } from './record-store.ts';

const entryShape = z
  .object({
    id: z.uuid(),
    type: z.string().meta({ description: 'Event type, as in `contact.updated`, or a type of a module.' }),
    record_type: z.string(),
    record_id: z.uuid(),
    actor: z.string().meta({ description: 'Who did it, as in `api_key:<id>`.' }),
    changed: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({ description: 'Changed fields with their previous values.' }),
    changed_to: z.record(z.string(), z.unknown()).nullable().optional().meta({
      description: 'Changed fields with their new values; null where these are no longer known.',
    }),
    record: z
      .record(z.string(), z.unknown())
      .optional()
      .meta({ description: 'Of the creation of a note: the note as it is now.' }),
    details: z.unknown().optional().meta({ description: 'Details added by a module.' }),
    occurred_at: z.iso.datetime(),
  })
  .meta({ id: 'Activity' });

/** SQL: the new values of an entry of an earlier release, from its event, while that is kept. */
const NEW_VALUES = `(
  select json_object_agg(k.name, e.data->k.name) from event e, json_object_keys(c.changed) k(name)
  where e.workspace_id = $1 and e.id = c.id and e.data->k.name is not null)`;

/** The latest of each record, by the primary key, then the latest of all: a long history is never read whole. */
const ENTRIES = {
  name: 'activity.timeline',
  text: `select a.* from unnest($2::uuid[]) r(id)
         cross join lateral (
           select id, type, record_type, record_id, actor, changed,
                  case when changed is not null then coalesce(changed_to, ${NEW_VALUES}) end as changed_to, occurred_at
           from activity c
           where workspace_id = $1 and record_id = r.id and ($3::uuid is null or id < $3)
           order by id desc limit $4
         ) a
         order by a.id desc limit $4`,
};

/** The timeline entries of these records, newest first; only ids smaller than `after`. */
export function timelineOf(
  db: Database,
  workspaceId: Uuid,
  recordIds: readonly Uuid[],
  limit: number,
  after: Uuid | null = null,
): Promise<TimelineEntry[]> {
  return db.read<TimelineEntry>(ENTRIES, [workspaceId, recordIds, after, limit]);
}

/** The object whose timeline includes those of records that reference it (AN10, RC14). */
const WITH_RELATED = 'contact';

export const TIMELINE_SCOPES = recordScopes({ plural: 'activities', pluralLabel: 'Activities' });

export interface TimelineParts {
  extensions: Extensions;
  storeOf(noun: Noun): Pick<RecordStore<BaseRecord>, 'getMany'>;
}

/** The timeline of a record, newest first (AN10). */
export function timelineRoutes(
  db: Database,
  nouns: readonly Noun[],
  { extensions, storeOf }: TimelineParts,
): Route[] {
  const kindOf = { name: 'activity.kind', text: kindSql(nouns) };
  const relatedTo = new Map(
    nouns.map(({ name }) => [
      name,
      name === WITH_RELATED ? relatedSql(nouns, name) : activitiesSql(nouns, name),
    ]),
  );
  const activities = nouns.filter(({ isActivity }) => isActivity);

  /** The records of a timeline. Throws `not_found` for records that the caller may not read. */
  async function recordsOf(caller: Caller, requestedId: Uuid): Promise<Uuid[]> {
    const { workspaceId } = caller;
    const mayRead = (kind: string) => {
      const plural = nouns.find(({ name }) => name === kind)!.plural;
      return caller.may(`${plural}:read`);
    };
    const [found] = await db.read<{ kind: string; id: Uuid; merged_ids: Uuid[] | null }>(kindOf, [
      workspaceId,
      requestedId,
    ]);
    // The scope of this route allows the timelines of contacts.
    if (!found || (found.kind !== WITH_RELATED && !mayRead(found.kind)))
      throw new ApiError('not_found', 'There is no contact with this id.');
    const { id, merged_ids: merged } = found;
    const own = [id, ...(merged ?? [])];
    const related = { name: `activity.related-to-${found.kind}`, text: relatedTo.get(found.kind)! };
    const rows = await db.read<{ kind: string; id: Uuid }>(related, [workspaceId, id]);
    return [...own, ...rows.filter(({ kind }) => mayRead(kind)).map((row) => row.id)];
  }

  /** The latest entries of all kinds, in the order of ids. */
  async function entriesOf(workspaceId: Uuid, recordIds: Uuid[], limit: number, after: Uuid | null) {
    const lists = await Promise.all([
      timelineOf(db, workspaceId, recordIds, limit, after),
      ...extensions.timelineKinds().map((kind) => kind.entriesOf(workspaceId, recordIds, { limit, after })),
    ]);
    const entries = lists
      .flat()
      .toSorted((a, b) => (a.id < b.id ? 1 : -1))
      .slice(0, limit);
    return withActivities(workspaceId, entries);
  }

  /** Adds the record to the creation of each activity. */
  async function withActivities(workspaceId: Uuid, entries: TimelineEntry[]): Promise<TimelineEntry[]> {
    const records = new Map<Uuid, object>();
    for (const noun of activities) {
      const made = entries.filter(({ type }) => type === noun.events.created.name);
      const found = await storeOf(noun).getMany(
        workspaceId,
        made.map(({ record_id: id }) => id),
      );
      for (const record of found) records.set(record.id, record);
    }
    if (records.size === 0) return entries;
    return entries.map((entry) => {
      const record = entry.type.endsWith('.created') && records.get(entry.record_id);
      return record ? { ...entry, record } : entry;
    });
  }

  return [
    route<undefined, PageQuery>({
      method: 'GET',
      path: '/api/v1/activities/:contact_id',
      scope: 'activities:read',
      tag: 'activities',
      summary: 'Get the timeline of a contact',
      description:
        'Newest first. Includes entries of its deals, its tasks, the tasks of its deals, and the leads that were converted to it, if the caller can read these. The id of another record returns the timeline of that record, of its notes, and of its payments and subscriptions. Entries of merged records are included.',
      query: pageQuery,
      answers: { 200: pageShape(entryShape) },
      async handle({ caller, params, query, url }) {
        const { workspaceId } = caller;
        const after = query.cursor ? decodeCursor(query.cursor, 'timeline').id : null;
        const records = await recordsOf(caller, params['contact_id']!);
        const rows = await entriesOf(workspaceId, records, query.limit + 1, after);
        const cursorOf = (row: TimelineEntry) =>
          encodeCursor({ sort: 'timeline', value: row.occurred_at, id: row.id });
        return { status: 200, body: jsonOf(pageOf(rows, query.limit, url, cursorOf, (row) => row)) };
      },
    }),
  ];
}

/** SQL for a record's kind, its current id, and the ids of the records that were merged into it. `$1` workspace, `$2` id. */
function kindSql(nouns: readonly Noun[]): string {
  const selectKind = ({ name, mergeRules }: Noun) =>
    mergeRules
      ? `select '${name}' as kind, s.id, s.merged_ids from ${name} t
         join ${name} s on s.workspace_id = t.workspace_id and s.id = ${currentId('t')} and s.deleted_at is null
         where t.workspace_id = $1 and t.id = $2`
      : `select '${name}', id, null from ${name} where workspace_id = $1 and id = $2 and deleted_at is null`;
  return nouns.map(selectKind).join(' union all ');
}

/**
 * SQL for the records that reference a record, and those that reference them: a contact's deals, its tasks, the tasks of
 * its deals, the leads that were converted to it. Uses fields with a list filter, since they have an index. `$1`
 * workspace, `$2` id.
 */
function relatedSql(nouns: readonly Noun[], name: string): string {
  const first = referencesTo(nouns, name);
  const second = first.flatMap((link) =>
    referencesTo(nouns, link.table).map((next) => ({ ...next, by: link.table })),
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

/** SQL for the records that are on the timelines of what they reference. `$1` workspace, `$2` id. */
function activitiesSql(nouns: readonly Noun[], name: string): string {
  const links = referencesTo(
    nouns.filter(({ isOnTimelines }) => isOnTimelines),
    name,
  );
  const selected = links.map(
    ({ table, column }) =>
      `select '${table}' as kind, id from ${table} where workspace_id = $1 and ${column} = $2 and deleted_at is null`,
  );
  // The parameters are used in any case, so that their types are known.
  const none = `select null as kind, $2::uuid as id where $1::uuid is null`;
  return [...selected, none].join(' union all ');
}

function referencesTo(nouns: readonly Noun[], name: string): { table: string; column: string }[] {
  return nouns.flatMap(({ name: table, fields }) =>
    Object.entries(fields)
      .filter(([, field]) => field.references === name && field.filter !== undefined)
      .map(([column]) => ({ table, column })),
  );
}
