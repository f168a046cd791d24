import type { StoredAnswer } from '../../account/idempotency.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import { query, type Transaction } from '../../db/query.ts';
import { sql } from '../../db/sql.ts';
import type { LaneKey } from '../../events/outbox.ts';
import { differences } from '../../record/record-differences.ts';
import type { Plan, PlannedEvent, Writer } from '../../record/record-plan.ts';
import type { RecordService } from '../../record/record-service.ts';
import type { Email } from './email-fields.ts';
import type { EmailInput } from './email.ts';
import { redactReply } from '../../mail/mail-transport.ts';

/** The actor of what happens to a mail on its way. */
export const DELIVERY_ACTOR = 'system:email';

export interface EmailWriteParts {
  clock: Clock;
  newId: () => Uuid;
  emails: RecordService<Email, EmailInput>;
}

/** What is to change in a mail. */
export interface EmailChange {
  values: Partial<Email>;
  /** Fired in this order, even if no field changes; `email.updated` is not fired by itself. */
  events?: readonly Pick<PlannedEvent, 'type' | 'context'>[];
  /** The response to be stored under the writer's idempotency key. */
  answer?(email: Email): StoredAnswer;
}

/**
 * Changes a mail in the caller's transaction, after its row is locked.
 * @param change what is to change in the current mail; null: nothing
 * @returns the mail after it, and the lanes to notify after the commit; null if it does not exist, or nothing changed
 */
export async function changeEmail(
  trx: Transaction,
  { clock, newId, emails }: EmailWriteParts,
  writer: Writer,
  id: Uuid,
  change: (current: Email) => EmailChange | null,
): Promise<{ email: Email; lanes: LaneKey[] } | null> {
  const [row] = await query<Record<string, unknown>>(
    trx,
    sql`select * from email where workspace_id = ${writer.workspaceId} and id = ${id} and deleted_at is null
        for update`,
  );
  if (!row) return null;
  const before = emails.store.toRecord(row);
  const wanted = change(before);
  if (!wanted) return null;
  const next = { ...before, ...shownValues(before, wanted.values) };
  const changed = differences(before, next, emails.noun.columns);
  const { events = [] } = wanted;
  if (changed === null && events.length === 0) return null;
  const at = isoTime(clock.now());
  const record = { ...next, version: before.version + 1, updated_at: at };
  const plan: Plan<Email> = {
    id,
    record,
    text: JSON.stringify(record),
    at,
    events: events.map((event) => ({ ...event, id: newId(), ...(changed && { changed }) })),
    ...(changed && { changed }),
  };
  const lanes = await emails.store.updateWithin(trx, writer, [plan], wanted.answer?.(record));
  return { email: record, lanes };
}

const REASONS = ['bounce_reason', 'status_reason'] as const;

/**
 * What the record may show of a change. The answers of mail systems name recipients: not in a private mail, whose record
 * the team reads, and not in one that was erased while it was on its way.
 */
function shownValues(before: Email, values: Partial<Email>): Partial<Email> {
  const isErased = before.message_id === null;
  if (!isErased && before.visibility !== 'private') return values;
  const shown = { ...values };
  if (isErased && shown.provider_id !== undefined) shown.provider_id = null;
  for (const name of REASONS)
    if (shown[name] != null) shown[name] = isErased ? null : redactReply(shown[name]);
  return shown;
}
