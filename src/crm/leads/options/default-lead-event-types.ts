import { isoTime, type Clock } from '../../../base/clock.ts';
import { folded } from '../../../base/fold.ts';
import type { Uuid } from '../../../base/id.ts';
import { query, type Transaction } from '../../../db/query.ts';

/** The lead event types of a new workspace, in list order (RX4). */
const DEFAULT_EVENT_TYPES = ['Wedding', 'Birthday', 'Anniversary', 'Corporate', 'Conference', 'Other'];

const INSERT = {
  name: 'lead_event_type.insert-defaults',
  text: `insert into lead_event_type (workspace_id, id, name, folded, created_by, created_at, updated_at)
         select $1, t.id, t.name, t.folded, 'system', $2, $2
         from unnest($3::uuid[], $4::text[], $5::text[])
           as t(id, name, folded)`,
};

/**
 * Creates the lead event types of a new workspace; they can be renamed and deleted like any other. Workspaces that existed
 * before this list keep their own.
 */
export function firstEventTypes({ clock, newId }: { clock: Clock; newId: () => Uuid }) {
  return async (trx: Transaction, workspaceId: Uuid): Promise<void> => {
    const at = isoTime(clock.now());
    // The list is newest first.
    const names = DEFAULT_EVENT_TYPES.toReversed();
    await query(trx, INSERT, [workspaceId, at, names.map(newId), names, names.map(folded)]);
  };
}
