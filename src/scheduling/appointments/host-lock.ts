import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { query, type Transaction } from '../../db/query.ts';

/** What keeps a host from being booked twice, besides the constraint: the lock gives the error, the constraint the proof. */

const WAIT = { text: "set local lock_timeout = '4s'", values: [] };

const LOCK = {
  name: 'appointment.lock-hosts',
  text: `select user_id from member where workspace_id = $1 and user_id = any($2::uuid[])
         order by user_id for no key update`,
};

/** The condition of the constraint, so that its index is used. */
const OVERLAPPING = {
  name: 'appointment.overlapping',
  text: `select id from appointment
         where workspace_id = $1 and host_id = $2 and id is distinct from $5::uuid
           and tstzrange(blocked_from, blocked_until, '[)') && tstzrange($3, $4, '[)')
           and status in ('pending', 'booked') and host_id is not null and blocked_from is not null
           and deleted_at is null
         limit 1`,
};

/** Until the end of the transaction, nobody else books these hosts. In one order, so that two cannot wait for each other. */
export async function lockHosts(
  trx: Transaction,
  workspaceId: Uuid,
  hostIds: readonly Uuid[],
): Promise<void> {
  if (hostIds.length === 0) return;
  await trx.query(WAIT);
  await query(trx, LOCK, [workspaceId, [...hostIds]]);
}

/** What an appointment blocks. */
export interface HostBlock {
  id: Uuid;
  host_id: Uuid | null;
  blocked_from: string | null;
  blocked_until: string | null;
  status: string;
}

/** Whether the host has another appointment at this time; the host has to be locked. */
export async function isOverlapping(
  trx: Transaction,
  workspaceId: Uuid,
  { id, host_id: hostId, blocked_from: from, blocked_until: until, status }: HostBlock,
): Promise<boolean> {
  if (hostId === null || from === null || (status !== 'pending' && status !== 'booked')) return false;
  const rows = await query(trx, OVERLAPPING, [workspaceId, hostId, from, until, id]);
  return rows.length > 0;
}

export function slotTaken(): ApiError {
  return new ApiError('slot_taken', 'The host has another appointment at this time.');
}
