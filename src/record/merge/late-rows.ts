import { z } from 'zod';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query, type Transaction } from '../../db/query.ts';
import { sql } from '../../db/sql.ts';
import { jobType, type JobType } from '../../jobs/job.ts';
import type { MovedColumn } from './moved-columns.ts';
import { moveRows, type MovedIds } from './moved-rows.ts';
import { lockRows, reindexMoved } from './record-merge.ts';

/** A write whose references were checked before a merge has ended by then. */
export const SETTLE_MS = 10_000;

const RECENT = {
  name: 'record_merge.recent',
  text: `select object_type, merged_id from record_merge
         where workspace_id = $1 and merged_at > now() - interval '1 hour' and contribution is not null
         order by merged_id`,
};

/**
 * The job that moves references which were being written while their record was merged: the check of a reference and the
 * write are two statements, so a merge may be committed between them.
 */
export function lateRowsJob(columns: readonly MovedColumn[]): JobType<object> {
  return jobType({
    name: 'record.move_late_references',
    payload: z.strictObject({}),
    perWorkspace: 1,
    async run({ db, workspaceId, signal }) {
      await moveLateRows(db, columns, workspaceId!, signal);
    },
  });
}

/** Moves the references to all records that were merged within the last hour. It can be repeated. */
export async function moveLateRows(
  db: Database,
  columns: readonly MovedColumn[],
  workspaceId: Uuid,
  signal: AbortSignal,
): Promise<void> {
  const merges = await query<{ object_type: string; merged_id: Uuid }>(db.pool, RECENT, [workspaceId]);
  for (const { object_type: object, merged_id: id } of merges) {
    signal.throwIfAborted();
    await db.transaction((trx) => moveLate(trx, columns, { workspaceId, object, id }));
  }
}

async function moveLate(
  trx: Transaction,
  columns: readonly MovedColumn[],
  { workspaceId, object, id }: { workspaceId: Uuid; object: string; id: Uuid },
): Promise<void> {
  // Undone meanwhile, or erased.
  const [row] = await lockRows(trx, object, workspaceId, [id]);
  if (!row?.merged_into) return;
  const referencing = columns.filter((column) => column.object === object);
  const rows = await moveRows(trx, workspaceId, referencing, [id], row.merged_into);
  const late = rows.byOwner(id);
  if (Object.keys(late).length === 0) return;
  const [merge] = await query<{ moved: MovedIds | null }>(
    trx,
    sql`select moved from record_merge where workspace_id = ${workspaceId} and merged_id = ${id} for update`,
  );
  const moved = { ...merge?.moved };
  for (const [column, ids] of Object.entries(late)) moved[column] = [...(moved[column] ?? []), ...ids];
  await query(
    trx,
    sql`update record_merge set moved = ${JSON.stringify(moved)}::json
        where workspace_id = ${workspaceId} and merged_id = ${id}`,
  );
  await reindexMoved(trx, workspaceId, rows);
}
