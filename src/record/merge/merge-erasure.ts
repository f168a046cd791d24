import type { Uuid } from '../../base/id.ts';
import { query, type Transaction } from '../../db/query.ts';
import { sql, type Sql } from '../../db/sql.ts';
import type { History } from '../history-redaction.ts';

/** Ends the undo of its merges; the records that were merged into it are the next to be erased. */
export async function eraseMerges(
  trx: Transaction,
  table: Sql,
  { workspace_id: workspaceId, id }: { workspace_id: Uuid; id: Uuid },
  mergedIds: unknown,
): Promise<void> {
  await query(
    trx,
    sql`update record_merge set contribution = null, moved = null
        where workspace_id = ${workspaceId} and survivor_id = ${id}`,
  );
  if (mergedIds)
    await query(
      trx,
      sql`update ${table} set erase_requested_at = now()
          where workspace_id = ${workspaceId} and id = any(${mergedIds as Uuid[]}::uuid[]) and erase_requested_at is null`,
    );
}

/** Ends the undo of merges that may hold values of a record which has been taken out of the survivor since. */
export async function eraseFormerMerge(
  trx: Transaction,
  workspaceId: Uuid,
  { recordId, from }: Pick<History, 'recordId' | 'from'>,
): Promise<void> {
  await query(
    trx,
    sql`update record_merge set contribution = null, moved = null
        where workspace_id = ${workspaceId} and contribution is not null
          and (merged_id = ${recordId}::uuid or survivor_id = ${recordId}::uuid)
          and merged_at >= (select occurred_at from activity
            where workspace_id = ${workspaceId} and record_id = ${recordId}::uuid and id = ${from}::uuid)`,
  );
}
