import { ApiError, invalid } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { retried, type Database } from '../../db/pool.ts';
import { query } from '../../db/query.ts';
import { sql } from '../../db/sql.ts';
import type { BaseRecord } from '../noun.ts';
import type { RecordService } from '../record-service.ts';
import { mergedValues, type Values } from './merge-values.ts';
import type { MovedColumn } from './moved-columns.ts';

/** A column whose rows a preview counts. */
export interface CountedMove extends MovedColumn {
  /** As in `deals`. */
  label: string;
  /** The scope that reading the rows takes. */
  scope: string;
}

interface Counts {
  label: string;
  count: number;
}

/** The survivor after a merge, and how many rows would be moved. Throws `not_found` and `validation_error`. */
export async function previewMerge<R extends BaseRecord, Input extends object>(
  db: Database,
  { noun, store }: RecordService<R, Input>,
  moves: readonly CountedMove[],
  { workspaceId, id, others }: { workspaceId: Uuid; id: Uuid; others: readonly Uuid[] },
): Promise<{ record: R; counts: Counts[] }> {
  const [survivor, ...found] = await Promise.all(
    [id, ...others].map((wanted) => store.find(workspaceId, wanted)),
  );
  if (!survivor) throw new ApiError('not_found', `There is no ${noun.name} with this id.`);
  const missing = others.filter((_, at) => !found[at]);
  if (missing.length > 0) throw invalid('with', `there is no ${noun.name} with the id ${missing.join(', ')}`);
  const merged = new Map((found as R[]).map((record) => [record.id, record]));
  merged.delete(survivor.id);
  const records = [...merged.values()] as unknown as Values[];
  const { values } = mergedValues(noun, survivor as unknown as Values, records);
  const counts = await countMoves(db, moves, workspaceId, [...merged.keys()]);
  return { record: values as unknown as R, counts };
}

async function countMoves(
  db: Database,
  moves: readonly CountedMove[],
  workspaceId: Uuid,
  ids: readonly Uuid[],
): Promise<Counts[]> {
  const totals = new Map<string, number>();
  for (const { table, column, label, rows } of moves) {
    const live = rows === undefined ? sql`` : sql`and deleted_at is null`;
    const counting = sql`select count(*)::int as count from ${sql.ref(table)}
      where workspace_id = ${workspaceId} and ${sql.ref(column)} = any(${ids}::uuid[]) ${live}`;
    const [row] = await retried(() => query<{ count: number }>(db.pool, counting));
    totals.set(label, (totals.get(label) ?? 0) + row!.count);
  }
  return [...totals].flatMap(([label, count]) => (count > 0 ? [{ label, count }] : []));
}
