import { requireChecked } from '../../account/caller-check.ts';
import type { StoredAnswer } from '../../account/idempotency.ts';
import { isoTime } from '../../base/clock.ts';
import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { query, type Transaction } from '../../db/query.ts';
import { sql } from '../../db/sql.ts';
import type { BaseRecord, Noun } from '../noun.ts';
import { differences } from '../record-differences.ts';
import type { Writer } from '../record-plan.ts';
import type { RecordService } from '../record-service.ts';
import { passedOn, unmergedValues, type Contribution, type Values } from './merge-values.ts';
import { lockRows, planMerge, reindexMoved, type MergeParts, type MergeRow } from './record-merge.ts';
import { moveRowsBack, type MovedIds } from './moved-rows.ts';

/** How long a merge can be undone. */
export const UNMERGEABLE_DAYS = 30;

export const UNMERGEABLE_MS = UNMERGEABLE_DAYS * 86_400_000;

/** One merge on the way from a merged record to its survivor. */
interface Merge {
  merged_id: Uuid;
  survivor_id: Uuid;
  merged_at: string;
  contribution: Contribution | null;
  moved: MovedIds | null;
}

/** The merges that lead from a record to its survivor, first its own. */
const PATH = {
  name: 'record_merge.path',
  text: `with recursive path as (
           select m.*, 1 as nth from record_merge m where m.workspace_id = $1 and m.merged_id = $2
           union all
           select m.*, p.nth + 1 from path p
           join record_merge m on m.workspace_id = p.workspace_id and m.merged_id = p.survivor_id
         )
         select merged_id, survivor_id, merged_at, contribution, moved from path order by nth`,
};

const FORGET = {
  name: 'record_merge.forget',
  text: 'delete from record_merge where workspace_id = $1 and merged_id = $2',
};

/**
 * Takes a merged record out of its survivor again, in one transaction: it comes back under its id with all that moved and
 * has not moved since; the survivor loses the values that came from it, unless they have changed since. Throws `not_found`
 * if it is not merged into the record, and `gone` after 30 days.
 */
export async function unmergeRecord<R extends BaseRecord, Input extends object>(
  parts: MergeParts,
  { noun, store }: RecordService<R, Input>,
  { writer, id, mergedId }: { writer: Writer; id: Uuid; mergedId: Uuid },
): Promise<StoredAnswer> {
  requireChecked(writer);
  const { workspaceId, actor } = writer;
  const { claim: _kept, ...plain } = writer;
  const { answer, lanes } = await parts.db.transaction(async (trx) => {
    const { path, rows } = await lockPath(trx, noun.name, { workspaceId, id, mergedId });
    const merged = rows.get(mergedId)!;
    const survivor = rows.get(path.at(-1)!.survivor_id)!;
    const contribution = undoable(noun.name, path[0]!, merged, parts.clock.now());
    const at = isoTime(parts.clock.now());
    const valuesOf = (row: MergeRow) => store.toRecord(row) as unknown as Values;

    const steps = path.map(({ survivor_id: into }) => rows.get(into)!);
    let passed: Contribution = contribution;
    let values = {} as R;
    for (const [n, row] of steps.entries()) {
      const before = valuesOf(row);
      values = restored(noun, before, unmergedValues(noun, before, valuesOf(merged), passed), { at, actor });
      const next = path[n + 1];
      if (!next) break;
      await writeQuietly(trx, noun, workspaceId, values);
      const outer = next.contribution ?? { filled: {}, added: {} };
      passed = passedOn(valuesOf(merged), passed, { before, after: values as unknown as Values, outer });
    }

    const moved = { moved: path[0]!.moved ?? {}, from: survivor.id, to: mergedId };
    const back = await moveRowsBack(trx, workspaceId, parts.columns, moved);
    await unmark(trx, noun.name, { workspaceId, merged, steps });
    await query(trx, FORGET, [workspaceId, mergedId]);
    await reindexMoved(trx, workspaceId, back);

    // An erasure of the record finds what the survivor's history has of it.
    const left = { merged_into: survivor.id };
    const { lanes: fired } = await store.restoreWithin(trx, plain, store.toRecord(merged), true, left);
    const current = store.toRecord(survivor);
    const plan = planMerge<R>(parts, {
      type: noun.events.updated.name,
      survivor: current,
      values,
      changed: differences(current, values, noun.columns) ?? {},
      at,
    });
    const others = without(survivor.merged_ids, merged);
    const body = others ? { ...plan.record, merged_ids: others } : plan.record;
    const response = { status: 200, body: JSON.stringify(body) };
    fired.push(...(await store.updateWithin(trx, writer, [plan], response)));
    return { answer: response, lanes: fired };
  });
  parts.notify(lanes);
  return answer;
}

/** Locks the record and all that it was merged into, in the order of ids. */
async function lockPath(
  trx: Transaction,
  table: string,
  { workspaceId, id, mergedId }: { workspaceId: Uuid; id: Uuid; mergedId: Uuid },
): Promise<{ path: Merge[]; rows: Map<Uuid, MergeRow> }> {
  const read = () => query<Merge>(trx, PATH, [workspaceId, mergedId]);
  const idsOf = (merges: Merge[]) => [id, mergedId, ...merges.map(({ survivor_id: into }) => into)];
  const locked = await lockRows(trx, table, workspaceId, idsOf(await read()));
  const rows = new Map(locked.map((row) => [row.id, row]));
  // As it is now that nobody can change it.
  const path = await read();
  if (idsOf(path).some((item) => !rows.has(item))) throw notMerged(table, mergedId);
  const survivorId = rows.get(id)!.merged_into ?? id;
  if (rows.get(survivorId)?.deleted_at !== null)
    throw new ApiError('not_found', `There is no ${table} with this id.`);
  if (path.at(-1)?.survivor_id !== survivorId || rows.get(mergedId)!.merged_into !== survivorId)
    throw notMerged(table, mergedId);
  return { path, rows };
}

function notMerged(table: string, id: Uuid): ApiError {
  return new ApiError('not_found', `No ${table} with the id ${id} was merged into this ${table}.`);
}

/** What the record contributed; throws `gone` if the merge cannot be undone any more. */
function undoable(table: string, merge: Merge, row: MergeRow, nowMs: number): Contribution {
  if (row.expunged_at !== null || row.erase_requested_at !== null)
    throw new ApiError('gone', `The data of this ${table} was erased.`);
  if (!merge.contribution || Date.parse(merge.merged_at) <= nowMs - UNMERGEABLE_MS)
    throw new ApiError('gone', `The ${table} was merged more than ${UNMERGEABLE_DAYS} days ago.`);
  return merge.contribution;
}

/** Values under the noun's rules; the current ones where they would break a rule, such as a name that is required. */
function restored<R extends BaseRecord, Input extends object>(
  noun: Noun<R, Input>,
  before: Values,
  values: Values,
  context: { at: string; actor: string },
): R {
  try {
    return noun.update(values as unknown as R, {}, { ...context, resolved: {} });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return before as unknown as R;
  }
}

/** Writes the values of a record that is merged itself: it fires nothing. */
async function writeQuietly<R extends BaseRecord, Input extends object>(
  trx: Transaction,
  { name, columns }: Noun<R, Input>,
  workspaceId: Uuid,
  record: R,
): Promise<void> {
  const table = sql.ref(name);
  await query(
    trx,
    sql`update ${table} t set (${sql.join(columns.map(sql.ref))}) = (
          select ${sql.join(columns.map((column) => sql.ref(`r.${column}`)))}
          from json_populate_record(null::${table}, ${JSON.stringify(record)}::json) r)
        where t.workspace_id = ${workspaceId} and t.id = ${record.id}`,
  );
}

/** The merged ids that are left without a record and those that come back with it; null if none are. */
function without(ids: readonly Uuid[] | null, merged: MergeRow): Uuid[] | null {
  const back = new Set([merged.id, ...(merged.merged_ids ?? [])]);
  const left = (ids ?? []).filter((id) => !back.has(id));
  return left.length > 0 ? left : null;
}

/** The record is current again, also for those that were merged into it. */
async function unmark(
  trx: Transaction,
  table: string,
  { workspaceId, merged, steps }: { workspaceId: Uuid; merged: MergeRow; steps: readonly MergeRow[] },
): Promise<void> {
  await query(
    trx,
    sql`update ${sql.ref(table)} set merged_into = null where workspace_id = ${workspaceId} and id = ${merged.id}`,
  );
  if (merged.merged_ids)
    await query(
      trx,
      sql`update ${sql.ref(table)} set merged_into = ${merged.id}::uuid
          where workspace_id = ${workspaceId} and id = any(${merged.merged_ids}::uuid[])`,
    );
  for (const row of steps)
    await query(
      trx,
      sql`update ${sql.ref(table)} set merged_ids = ${without(row.merged_ids, merged)}::uuid[]
          where workspace_id = ${workspaceId} and id = ${row.id}`,
    );
}
