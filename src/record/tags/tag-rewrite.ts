import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { caseless } from '../../base/fold.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query } from '../../db/query.ts';
import { sql, type Sql } from '../../db/sql.ts';
import { jobType, type JobRun, type JobType } from '../../jobs/job.ts';
import type { Noun } from '../noun.ts';
import { reindexed } from '../search/search-pending.ts';
import { TAGS_CACHED_MS } from './tag-registry.ts';

/** Removes a tag from one record, with its event. */
export type RemoveTag = (
  noun: Noun,
  writer: { workspaceId: Uuid; actor: string },
  id: Uuid,
  tag: string,
) => Promise<void>;

/** What is left to do of a rename, merge or deletion, with the tag as it is now. */
interface PendingChange {
  id: Uuid;
  folded: string;
  tag_id: Uuid | null;
  /** The name that records get; null: the tag is removed. */
  name: string | null;
  fires: boolean;
  actor: string;
  created_at: string;
  age_ms: number;
  /** Whether the workspace has a tag with the old name again: then only older records have the old tag. */
  is_recreated: boolean;
}

/** Records in one statement, whose locks other writers wait for. */
const BATCH = 500;
/** Records in one step of a deletion that fires events. */
const FIRING_BATCH = 50;
/** A write that began before the change may still store the old tag for so long. */
const SETTLE_MS = TAGS_CACHED_MS + 2_000;

const NEXT = {
  name: 'tag_change.next',
  text: `select c.id, c.folded, c.tag_id, t.name, c.fires, c.actor, c.created_at,
                (extract(epoch from clock_timestamp() - c.created_at) * 1000)::int as age_ms,
                exists (select from tag o where o.workspace_id = c.workspace_id and o.folded = c.folded
                          and o.id is distinct from c.tag_id) as is_recreated
         from tag_change c left join tag t on t.workspace_id = c.workspace_id and t.id = c.tag_id
         where c.workspace_id = $1 order by c.created_at, c.id limit 1`,
};

/** Not if the change leads to another tag meanwhile. */
const DONE = {
  name: 'tag_change.done',
  text: `delete from tag_change where workspace_id = $1 and id = $2 and tag_id is not distinct from $3`,
};

/**
 * The job that changes the tags of records after a rename, a merge or a deletion. It repeats what a killed run did not
 * finish; records fire nothing, except on a deletion that asks for it.
 */
export function tagRewriteJob(nouns: readonly Noun[], removeTag: RemoveTag): JobType<object> {
  return jobType({
    name: 'tag.rewrite',
    payload: z.strictObject({}),
    perWorkspace: 1,
    async run({ db, workspaceId, signal }: JobRun<object>) {
      for (;;) {
        const [change] = await query<PendingChange>(db.pool, NEXT, [workspaceId]);
        if (!change) return;
        for (const noun of nouns) {
          if (change.fires) await removeWithEvents(db, noun, workspaceId!, change, removeTag, signal);
          while ((await rewritten(db, noun, workspaceId!, change)) > 0) signal.throwIfAborted();
        }
        if (change.age_ms < SETTLE_MS) await sleep(SETTLE_MS - change.age_ms, undefined, { signal });
        else await query(db.pool, DONE, [workspaceId, change.id, change.tag_id]);
      }
    },
  });
}

/** Removes the tag from the records of a kind, each with its event. One that is deleted meanwhile is left. */
async function removeWithEvents(
  db: Database,
  noun: Noun,
  workspaceId: Uuid,
  change: PendingChange,
  removeTag: RemoveTag,
  signal: AbortSignal,
): Promise<void> {
  const writer = { workspaceId, actor: change.actor };
  for (let after: Uuid | null = null; ;) {
    signal.throwIfAborted();
    const position: Sql = after === null ? sql`` : sql`and id > ${after}::uuid`;
    const rows: { id: Uuid }[] = await query(
      db.pool,
      sql`select id from ${sql.ref(noun.name)}
          where ${withTag(workspaceId, change)} and deleted_at is null ${position}
          order by id limit ${FIRING_BATCH}`,
    );
    if (rows.length === 0) return;
    await Promise.all(rows.map(({ id }) => removeTag(noun, writer, id, change.folded)));
    after = rows.at(-1)!.id;
  }
}

/** Changes some records of a kind, without events. @returns how many; 0 if there are no more */
async function rewritten(
  db: Database,
  noun: Noun,
  workspaceId: Uuid,
  change: PendingChange,
): Promise<number> {
  const table = sql.ref(noun.name);
  // Rows that are being written are left for the next step, so that no two statements wait for each other.
  const rows = await query<{ id: Uuid }>(
    db.pool,
    sql`with found as (
          select id from ${table} where ${withTag(workspaceId, change)}
          order by id limit ${BATCH} for update skip locked
        ),
        changed as (update ${table} r set version = r.version + 1, updated_at = now(), tags = (
          select coalesce(array_agg(k.tag order by k.nth), '{}') from (
            select (array_agg(u.tag order by u.nth))[1] as tag, min(u.nth) as nth from (
              select case when caseless_text(t.tag) = ${change.folded} then ${change.name}::text else t.tag end as tag, t.nth
              from unnest(r.tags) with ordinality as t(tag, nth)
            ) u where u.tag is not null group by caseless_text(u.tag)
          ) k)
          from found where r.workspace_id = ${workspaceId} and r.id = found.id
          returning r.id
        ),
        ${reindexed(sql`select ${workspaceId}::uuid, ${noun.name}, id from changed`)}
        select id from changed`,
  );
  if (rows.length > 0) return rows.length;
  const [left] = await query<{ count: number }>(
    db.pool,
    sql`select count(*)::int as count from (select from ${table} where ${withTag(workspaceId, change)} limit 1) l`,
  );
  if (left!.count > 0) await sleep(50);
  return left!.count;
}

/** The records that still have the tag, deleted ones as well: they can be restored. Written as in the index. */
function withTag(workspaceId: Uuid, { folded, name, is_recreated, created_at }: PendingChange): Sql {
  const has = sql`workspace_id = ${workspaceId} and tags <> '{}' and caseless_tags(tags) @> array[${folded}::text]`;
  const older = is_recreated ? sql`and updated_at < ${created_at}::timestamptz` : sql``;
  // Another spelling of the same tag: records that have it are done.
  const isSpelling = name !== null && caseless(name) === folded;
  const differs = isSpelling ? sql`and not tags @> array[${name}::text]` : sql``;
  return sql`${has} ${older} ${differs}`;
}
