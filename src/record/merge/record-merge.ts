import { requireChecked } from '../../account/caller-check.ts';
import type { StoredAnswer } from '../../account/idempotency.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError, invalid } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query, type Transaction } from '../../db/query.ts';
import { sql } from '../../db/sql.ts';
import type { LaneKey } from '../../events/outbox.ts';
import type { BaseRecord } from '../noun.ts';
import { differences } from '../record-differences.ts';
import type { Plan, Writer } from '../record-plan.ts';
import type { RecordService } from '../record-service.ts';
import { reindex } from '../search/search-pending.ts';
import type { MergeContext } from './merge-event.ts';
import { MAX_MOVED_IDS } from './merge-event.ts';
import { mergedValues, type Choices, type Values } from './merge-values.ts';
import type { MovedColumn } from './moved-columns.ts';
import { moveRows, type MovedRows } from './moved-rows.ts';

/** Called for rows of a noun that merges take away or bring back without an event, such as a lead's daily counts. */
export type AfterMerge = (trx: Transaction, workspaceId: Uuid, ids: readonly Uuid[]) => Promise<void>;

export interface MergeParts {
  db: Database;
  clock: Clock;
  newId: () => Uuid;
  notify(lanes: LaneKey[]): void;
  /** Those that reference the noun. */
  columns: readonly MovedColumn[];
  afterMerge?: AfterMerge | undefined;
  /** Queues the move of references that were being written during the merge. */
  moveLateRows(trx: Transaction, workspaceId: Uuid): Promise<void>;
}

export interface MergeRequest {
  writer: Writer;
  id: Uuid;
  /** The records to merge into it. */
  others: readonly Uuid[];
  choices: Choices;
  /** Accepted versions of the survivor (If-Match); null: any. */
  expected: readonly number[] | null;
}

/** A row of a table whose records can be merged. */
export interface MergeRow extends Record<string, unknown> {
  id: Uuid;
  version: number;
  deleted_at: string | null;
  expunged_at: string | null;
  erase_requested_at: string | null;
  merged_into: Uuid | null;
  merged_ids: Uuid[] | null;
}

/**
 * Merges records into one, in one transaction. Records that are merged already stay as they are. Throws `not_found`,
 * `precondition_failed`, and `validation_error` for records that do not exist or cannot be combined.
 */
export async function mergeRecords<R extends BaseRecord, Input extends object>(
  parts: MergeParts,
  { noun, store }: RecordService<R, Input>,
  request: MergeRequest,
): Promise<StoredAnswer> {
  const { writer, choices, expected } = request;
  requireChecked(writer);
  const { workspaceId, actor } = writer;
  const { answer, lanes } = await parts.db.transaction(async (trx) => {
    const { survivor: row, others, currentIds } = await lockMerged(trx, noun.name, request);
    if (expected && !expected.includes(row.version)) {
      const message = `The ${noun.name} is at version ${row.version}, not the one in If-Match.`;
      throw new ApiError('precondition_failed', message);
    }
    const survivor = store.toRecord(row);
    if (others.length === 0) return store.restoreWithin(trx, writer, survivor, false);

    const at = isoTime(parts.clock.now());
    const records = others.map((other) => store.toRecord(other) as unknown as Values);
    const chosen = Object.entries(choices).map(([field, id]) => [field, currentIds.get(id) ?? id]);
    const merged = mergedValues(
      noun,
      survivor as unknown as Values,
      records,
      Object.fromEntries(chosen) as Choices,
    );
    const values = noun.update(merged.values as unknown as R, {}, { at, actor, resolved: {} });
    const ids = others.map(({ id }) => id);
    const moved = await moveRows(trx, workspaceId, parts.columns, ids, row.id);
    await markMerged(trx, noun.name, { workspaceId, row, others, at });
    await storeMerges(trx, {
      workspaceId,
      object: noun.name,
      survivorId: row.id,
      at,
      actor,
      merges: ids.map((id, n) => ({ id, contribution: merged.contributions[n]!, moved: moved.byOwner(id) })),
    });
    await reindex(trx, workspaceId, noun.name, ids);
    await reindexMoved(trx, workspaceId, moved);
    await parts.moveLateRows(trx, workspaceId);

    const plan = planMerge<R>(parts, {
      type: noun.events['merged']!.name,
      survivor,
      values,
      changed: differences(survivor, values, noun.columns) ?? {},
      context: { merged_ids: ids, moved: movedContext(moved) },
      at,
    });
    const all = { ...plan.record, merged_ids: mergedIdsOf(row, others) };
    const response = { status: 200, body: JSON.stringify(all) };
    const fired = await store.updateWithin(trx, writer, [plan], response);
    // After the event: the feed's counter is locked before what follows from it.
    await parts.afterMerge?.(trx, workspaceId, ids);
    return { answer: response, lanes: fired };
  });
  parts.notify(lanes);
  return answer;
}

/** How often records may be merged by others while this merge locks them. */
const MAX_ATTEMPTS = 5;

/** Locks the survivor and the records to merge, in the order of their ids; old ids lead to their survivors. */
async function lockMerged(
  trx: Transaction,
  table: string,
  { writer: { workspaceId }, id, others: requested }: MergeRequest,
): Promise<{ survivor: MergeRow; others: MergeRow[]; currentIds: ReadonlyMap<Uuid, Uuid> }> {
  let [survivorId, ids] = [id, [...requested]];
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const rows = new Map(
      (await lockRows(trx, table, workspaceId, [survivorId, ...ids])).map((row) => [row.id, row]),
    );
    const currentOf = (wanted: Uuid) => rows.get(wanted)?.merged_into ?? wanted;
    if ([survivorId, ...ids].some((wanted) => currentOf(wanted) !== wanted)) {
      [survivorId, ids] = [currentOf(survivorId), ids.map(currentOf)];
      continue;
    }
    const survivor = rows.get(survivorId);
    if (!survivor || survivor.deleted_at !== null)
      throw new ApiError('not_found', `There is no ${table} with this id.`);
    const others = [...new Set(ids)].filter((other) => other !== survivorId);
    const missing = others.filter((other) => rows.get(other)?.deleted_at !== null);
    if (missing.length > 0) throw invalid('with', `there is no ${table} with the id ${missing.join(', ')}`);
    const currentIds = new Map(requested.map((wanted, at) => [wanted, ids[at]!]));
    return { survivor, others: others.map((other) => rows.get(other)!), currentIds };
  }
  throw new ApiError('conflict', 'The records keep changing; try again.');
}

/** Not against references to the rows: a lock that refuses those would wait for their writers, who wait for this one. */
export function lockRows(
  trx: Transaction,
  table: string,
  workspaceId: Uuid,
  ids: readonly Uuid[],
): Promise<MergeRow[]> {
  return query<MergeRow>(
    trx,
    sql`select * from ${sql.ref(table)} where workspace_id = ${workspaceId} and id = any(${ids}::uuid[])
        order by id for no key update`,
  );
}

/** The ids of all records that the survivor takes the place of. */
function mergedIdsOf(row: MergeRow, others: readonly MergeRow[]): Uuid[] {
  return [...(row.merged_ids ?? []), ...others.flatMap((other) => [other.id, ...(other.merged_ids ?? [])])];
}

async function markMerged(
  trx: Transaction,
  table: string,
  merge: { workspaceId: Uuid; row: MergeRow; others: readonly MergeRow[]; at: string },
): Promise<void> {
  const { workspaceId, row, others, at } = merge;
  const ids = others.map(({ id }) => id);
  const earlier = others.flatMap((other) => other.merged_ids ?? []);
  await query(
    trx,
    sql`update ${sql.ref(table)} set merged_into = ${row.id}::uuid, deleted_at = ${at}::timestamptz,
          version = version + 1, updated_at = ${at}::timestamptz
        where workspace_id = ${workspaceId} and id = any(${ids}::uuid[])`,
  );
  if (earlier.length > 0)
    await query(
      trx,
      sql`update ${sql.ref(table)} set merged_into = ${row.id}::uuid
          where workspace_id = ${workspaceId} and id = any(${earlier}::uuid[])`,
    );
  await query(
    trx,
    sql`update ${sql.ref(table)} set merged_ids = ${mergedIdsOf(row, others)}::uuid[]
        where workspace_id = ${workspaceId} and id = ${row.id}`,
  );
}

async function storeMerges(
  trx: Transaction,
  stored: {
    workspaceId: Uuid;
    object: string;
    survivorId: Uuid;
    at: string;
    actor: string;
    merges: readonly { id: Uuid; contribution: object; moved: object }[];
  },
): Promise<void> {
  const { workspaceId, object, survivorId, at, actor, merges } = stored;
  await query(
    trx,
    sql`insert into record_merge
          (workspace_id, merged_id, object_type, survivor_id, merged_at, merged_by, contribution, moved)
        select ${workspaceId}, m.id, ${object}, ${survivorId}::uuid, ${at}::timestamptz, ${actor}, m.contribution, m.moved
        from json_to_recordset(${JSON.stringify(merges)}::json) as m(id uuid, contribution json, moved json)`,
  );
}

/** Titles of records that were merged are in the documents of those that moved. */
export async function reindexMoved(trx: Transaction, workspaceId: Uuid, moved: MovedRows): Promise<void> {
  for (const [object, ids] of moved.byObject()) await reindex(trx, workspaceId, object, ids);
}

/** Of each object: the ids of moved records, or only their number. */
function movedContext(moved: MovedRows): MergeContext['moved'] {
  const objects = [...moved.byObject()];
  const total = objects.reduce((sum, [, ids]) => sum + ids.length, 0);
  return objects.map(([object, ids]) => ({
    object,
    count: ids.length,
    ...(total <= MAX_MOVED_IDS && { ids }),
  }));
}

interface PlannedMerge<R> {
  type: string;
  survivor: R;
  values: R;
  /** Changed fields with their previous values. */
  changed: Record<string, unknown>;
  context?: MergeContext;
  at: string;
}

/** Plans the change of a survivor, with its only event. It holds no `merged_ids`: the event has those of its own. */
export function planMerge<R extends BaseRecord>(
  { newId }: Pick<MergeParts, 'newId'>,
  { type, survivor, values, changed, context, at }: PlannedMerge<R>,
): Plan<R> {
  const { merged_ids: before, ...fields } = values;
  const record = { ...fields, version: survivor.version + 1, updated_at: at } as unknown as R;
  const noted = { ...changed, merged_ids: context?.merged_ids ?? before ?? [] };
  return {
    id: survivor.id,
    record,
    text: JSON.stringify(record),
    at,
    events: [{ id: newId(), type, changed: noted, ...(context && { context: { ...context } }) }],
  };
}
