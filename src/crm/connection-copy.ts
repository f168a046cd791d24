import type { Uuid } from '../base/id.ts';
import { eraseConnectionEvents } from '../connections/connection-event-erasure.ts';
import type { Transaction } from '../db/query.ts';

/**
 * Erases a person from the log of connections. A request that was refused has no record, but its body may contain
 * an email or a phone of the person.
 */
export async function eraseConnectionCopies(
  trx: Transaction,
  row: Readonly<Record<string, unknown>>,
): Promise<void> {
  const person = row as unknown as StoredPerson;
  const { workspace_id: workspaceId, id, email, phone } = person;
  const others = [...(person.other_emails ?? []), ...(person.other_phones ?? [])];
  await eraseConnectionEvents(trx, { workspaceId, id }, [email ?? '', phone ?? '', ...others]);
}

interface StoredPerson {
  workspace_id: Uuid;
  id: Uuid;
  email: string | null;
  phone: string | null;
  /** Of contacts only. */
  other_emails?: readonly string[];
  other_phones?: readonly string[];
}
