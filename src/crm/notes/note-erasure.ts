import type { Uuid } from '../../base/id.ts';
import { query, type Transaction } from '../../db/query.ts';
import { sql } from '../../db/sql.ts';

/**
 * What members wrote about people goes with them: their notes are deleted, so that their own erasure follows.
 * @param column the field by which a note is on the person
 */
export const eraseNotesOf = (column: 'contact_id' | 'lead_id') =>
  async function eraseNotes(trx: Transaction, row: Readonly<Record<string, unknown>>): Promise<void> {
    const { workspace_id: workspaceId, id } = row as { workspace_id: Uuid; id: Uuid };
    await query(
      trx,
      sql`update note
          set deleted_at = coalesce(deleted_at, now()), erase_requested_at = coalesce(erase_requested_at, now()),
              version = version + 1, updated_at = now()
          where workspace_id = ${workspaceId} and ${sql.ref(column)} = ${id} and expunged_at is null`,
    );
  };
