import type { Uuid } from '../../base/id.ts';
import { query, type Transaction } from '../../db/query.ts';
import { sql, type Sql } from '../../db/sql.ts';

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
