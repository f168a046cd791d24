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

const OVERLAPPING = {
  name: 'appointment.overlapping',
  text: `select appointment_id from appointment_block
         where workspace_id = $1 and host_id = any($2::uuid[]) and block && tstzrange($3, $4, '[)')
           and appointment_id is distinct from $5::uuid
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
  co_host_ids: readonly Uuid[];
  blocked_from: string | null;
  blocked_until: string | null;
  status: string;
}

/** All hosts of an appointment. */
export function hostsOf({
  host_id: hostId,
  co_host_ids: others,
}: Pick<HostBlock, 'host_id' | 'co_host_ids'>): Uuid[] {
  return [...new Set([...(hostId === null ? [] : [hostId]), ...others])];
}

/** Whether a host has another appointment at this time; the hosts have to be locked. */
export async function isOverlapping(trx: Transaction, workspaceId: Uuid, item: HostBlock): Promise<boolean> {
  const { id, blocked_from: from, blocked_until: until, status } = item;
  const hosts = hostsOf(item);
  if (hosts.length === 0 || from === null || (status !== 'pending' && status !== 'booked')) return false;
  const rows = await query(trx, OVERLAPPING, [workspaceId, hosts, from, until, id]);
  return rows.length > 0;
}

export function slotTaken(): ApiError {
  return new ApiError('slot_taken', 'The host has another appointment at this time.');
}
