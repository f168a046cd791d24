import { isoTime, type Clock } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import { query, type Transaction } from '../../db/query.ts';
import { sql } from '../../db/sql.ts';
import { append, type LaneKey } from '../../events/outbox.ts';
import type { BaseRecord } from '../../record/noun.ts';
import type { PersonDirectory } from '../../record/person-directory.ts';
import type { RecordService } from '../../record/record-service.ts';
import type { Suppressions } from './suppression-store.ts';

export interface UnsubscribeParts {
  clock: Clock;
  newId: () => Uuid;
  suppressions: Suppressions;
  contacts: Pick<RecordService<BaseRecord, object>, 'store'>;
  people: Pick<PersonDirectory, 'find'>;
  wildcardFormats(type: string): readonly string[];
}

/** Somebody who wants no more mail. */
export interface Unsubscription {
  workspaceId: Uuid;
  address: string;
  /** Null: all mails. */
  topicId: Uuid | null;
  /** The mail that it comes from. */
  emailId: Uuid | null;
  reason: 'unsubscribe' | 'complaint';
}

/** The actor of what recipients do. */
export const RECIPIENT = 'system:email';
const UNSUBSCRIBED = 'contact.unsubscribed';

const TOPIC_NAME = {
  name: 'email_topic.name',
  text: 'select name from email_topic where workspace_id = $1 and id = $2',
};

/**
 * Suppresses an address for its owner, and fires `contact.unsubscribed` if it belongs to a contact. The same again changes
 * nothing. It is the last write of its transaction.
 * @returns the lanes to notify after the commit
 */
export async function unsubscribe(
  trx: Transaction,
  { suppressions, people, contacts, clock, newId, wildcardFormats }: UnsubscribeParts,
  { workspaceId, address, topicId, emailId, reason }: Unsubscription,
): Promise<LaneKey[]> {
  const input = { address, reason, topicId, emailId, note: null };
  const { isNew } = await suppressions.add(trx, { workspaceId, actor: RECIPIENT }, input);
  if (!isNew) return [];
  const match = await people.find(trx, 'contact', workspaceId, { email: address });
  const [row] = match ? await query<Record<string, unknown>>(trx, contactRow(workspaceId, match.id)) : [];
  if (!row) return [];
  const [topic] =
    topicId === null ? [] : await query<{ name: string }>(trx, TOPIC_NAME, [workspaceId, topicId]);
  const contact = contacts.store.toRecord(row);
  const { lanes } = await append(trx, 'contact', [
    {
      workspaceId,
      id: newId(),
      type: UNSUBSCRIBED,
      objectId: contact.id,
      actor: RECIPIENT,
      at: isoTime(clock.now()),
      data: contact,
      context: { reason, topic: topic?.name ?? null },
      wildcard: wildcardFormats(UNSUBSCRIBED),
    },
  ]);
  return lanes;
}

function contactRow(workspaceId: Uuid, id: Uuid) {
  return sql`select * from contact where workspace_id = ${workspaceId} and id = ${id} and deleted_at is null`;
}
