import type { Uuid } from '../base/id.ts';
import { eraseConnectionEvents } from '../connections/connection-event-erasure.ts';
import type { Transaction } from '../db/query.ts';

/**
 * Erases a person from the log of connections. A request that was refused has no record, but its body may contain
 * the person's email or phone.
 */
export async function eraseConnectionCopies(
  trx: Transaction,
  row: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { workspace_id: workspaceId, id, email, phone } = row as unknown as StoredPerson;
  await eraseConnectionEvents(trx, { workspaceId, id }, [email ?? '', phone ?? '']);
}

interface StoredPerson {
  workspace_id: Uuid;
  id: Uuid;
  email: string | null;
  phone: string | null;
}
