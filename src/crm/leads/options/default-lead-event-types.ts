import { sql, type Transaction } from 'kysely';
import { isoTime, type Clock } from '../../../base/clock.ts';
import { folded } from '../../../base/fold.ts';
import type { Uuid } from '../../../base/id.ts';
import type { Schema } from '../../../db/schema.ts';

/** The lead event types of a new workspace, in list order (RX4). */
const DEFAULT_EVENT_TYPES = ['Wedding', 'Birthday', 'Anniversary', 'Corporate', 'Conference', 'Other'];

/**
 * Creates the lead event types of a new workspace; they can be renamed and deleted like any other. Workspaces that existed
 * before this list keep their own.
 */
export function firstEventTypes({ clock, newId }: { clock: Clock; newId: () => Uuid }) {
  return async (trx: Transaction<Schema>, workspaceId: Uuid): Promise<void> => {
    const at = isoTime(clock.now());
    // The list is newest first.
    const names = DEFAULT_EVENT_TYPES.toReversed();
    await sql`
      insert into lead_event_type (workspace_id, id, name, folded, created_by, created_at, updated_at)
      select ${workspaceId}, t.id, t.name, t.folded, 'system', ${at}, ${at}
      from unnest(${names.map(newId)}::uuid[], ${names}::text[], ${names.map(folded)}::text[])
        as t(id, name, folded)`.execute(trx);
  };
}
