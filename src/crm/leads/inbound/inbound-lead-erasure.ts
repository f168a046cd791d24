import type { Transaction } from 'kysely';
import type { Uuid } from '../../../base/id.ts';
import { eraseConnectionEvents } from '../../../connections/connection-event.ts';
import type { Schema } from '../../../db/schema.ts';
import type { LeadInput } from '../lead-input.ts';

/** Erases a lead from the log of connections. A body that was refused has no lead, but may contain its address. */
export async function eraseConnectionEventsOfLead(
  trx: Transaction<Schema>,
  row: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { workspace_id: workspaceId, id, email, phone } = row as unknown as StoredLead;
  await eraseConnectionEvents(trx, { workspaceId, id }, [email ?? '', phone ?? '']);
}

interface StoredLead extends Pick<LeadInput, 'email' | 'phone'> {
  workspace_id: Uuid;
  id: Uuid;
}
