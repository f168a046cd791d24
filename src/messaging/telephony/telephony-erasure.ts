import type { Uuid } from '../../base/id.ts';
import { query, type Transaction } from '../../db/query.ts';
import { sql } from '../../db/sql.ts';
import type { ErasureRules } from '../../record/erasure.ts';

type Row = Readonly<Record<string, unknown>>;

/**
 * What people wrote and said goes with them: their messages and calls are deleted, so that their own erasure follows, and
 * what waits to be sent is not sent.
 */
const eraseOf = (column: 'contact_id' | 'lead_id') =>
  async function erase(trx: Transaction, row: Row): Promise<void> {
    const { workspace_id: workspaceId, id } = row as { workspace_id: Uuid; id: Uuid };
    await query(
      trx,
      sql`delete from message_send s using message m
          where s.workspace_id = ${workspaceId} and m.workspace_id = s.workspace_id and m.id = s.message_id
            and m.${sql.ref(column)} = ${id}`,
    );
    for (const table of ['message', 'call'])
      await query(
        trx,
        sql`update ${sql.ref(table)}
            set deleted_at = coalesce(deleted_at, now()), erase_requested_at = coalesce(erase_requested_at, now()),
                version = version + 1, updated_at = now()
            where workspace_id = ${workspaceId} and ${sql.ref(column)} = ${id} and expunged_at is null`,
      );
  };

/** Deletes files; their bytes in the data directory go with the next sweep. */
async function deleteFiles(
  trx: Transaction,
  workspaceId: Uuid,
  ids: readonly (Uuid | null)[],
): Promise<void> {
  const files = ids.filter((id) => id !== null);
  if (files.length === 0) return;
  await query(
    trx,
    sql`with gone as (
          delete from file where workspace_id = ${workspaceId} and id = any(${files}::uuid[]) returning size
        )
        update file_usage set bytes = bytes - (select coalesce(sum(size), 0) from gone)
        where workspace_id = ${workspaceId}`,
  );
}

async function eraseMessage(trx: Transaction, row: Row): Promise<void> {
  const { workspace_id: workspaceId, id, peer } = row as { workspace_id: Uuid; id: Uuid; peer: string };
  await query(trx, sql`delete from message_send where workspace_id = ${workspaceId} and message_id = ${id}`);
  await query(trx, sql`delete from message_thread where workspace_id = ${workspaceId} and peer = ${peer}`);
  const media = await query<{ file_id: Uuid | null }>(
    trx,
    sql`delete from message_media where workspace_id = ${workspaceId} and message_id = ${id} returning file_id`,
  );
  await deleteFiles(
    trx,
    workspaceId,
    media.map(({ file_id: file }) => file),
  );
}

async function eraseCall(trx: Transaction, row: Row): Promise<void> {
  const {
    workspace_id: workspaceId,
    id,
    recording_file_id: file,
  } = row as {
    workspace_id: Uuid;
    id: Uuid;
    recording_file_id: Uuid | null;
  };
  await query(
    trx,
    sql`update call set recording_source = null, recording_file_id = null
        where workspace_id = ${workspaceId} and id = ${id}`,
  );
  await deleteFiles(trx, workspaceId, [file]);
}

/** Where the personal data of messages and calls is, besides their own rows; consents stay, to be respected. */
export const TELEPHONY_ERASURE: Readonly<Record<string, ErasureRules>> = {
  contact: { eraseCopies: eraseOf('contact_id') },
  lead: { eraseCopies: eraseOf('lead_id') },
  message: { eraseCopies: eraseMessage },
  call: { eraseCopies: eraseCall },
};
