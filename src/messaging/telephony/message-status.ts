import type { Message } from './message-fields.ts';

export type MessageStatus = Message['status'];

/** What a provider says about a message that was sent. */
export interface MessageReport {
  status: MessageStatus;
  /** The provider's id of the message. */
  externalId: string;
  errorCode: string | null;
  /** In words; null: by the code, or nothing. */
  errorText: string | null;
}

/**
 * Reports come twice and in any order: a status never gives way to one of a lower rank, nor to another one of its own.
 * From `sent` on, the provider has accepted the message.
 */
const RANKS: Readonly<Record<MessageStatus, number>> = {
  scheduled: 0,
  queued: 1,
  unknown: 3,
  sent: 4,
  delivered: 5,
  undelivered: 5,
  failed: 5,
  canceled: 5,
  read: 6,
  received: 7,
};

const ACCEPTED_RANK = RANKS.sent;

/** Statuses that say why. */
const FAILURES: ReadonlySet<MessageStatus> = new Set(['failed', 'undelivered']);

/** The message after a report. It may be the first to say that the provider accepted the message. */
export function messageAfter(current: Message, report: MessageReport, at: string): Message {
  const { externalId, errorCode, errorText } = report;
  // A provider that reports `queued` has accepted it too.
  const status = RANKS[report.status] < ACCEPTED_RANK ? 'sent' : report.status;
  const known = { ...current, external_id: current.external_id ?? externalId };
  const accepted =
    known.sent_at === null && status !== 'failed' && status !== 'canceled' ? { sent_at: at } : {};
  if (RANKS[status] <= RANKS[current.status]) return { ...known, ...accepted };
  return {
    ...known,
    ...accepted,
    status,
    ...(status === 'delivered' && { delivered_at: at }),
    ...(status === 'read' && { delivered_at: known.delivered_at ?? at }),
    ...(FAILURES.has(status) ? { error_code: errorCode, error_text: errorText } : NO_ERROR),
  };
}

const NO_ERROR = { error_code: null, error_text: null };

/** A message that the sender itself ends: what was refused, and what may or may not have been sent. */
export function endedMessage(
  current: Message,
  end: { status: 'failed' | 'unknown' | 'canceled'; code: string | null; text: string | null },
): Message {
  if (RANKS[current.status] >= ACCEPTED_RANK) return current;
  return { ...current, status: end.status, error_code: end.code, error_text: end.text };
}

/** The events of a change, in order. `sms.sent` is fired once: when the provider has accepted the message. */
export function messageEvents(before: Message, after: Message): string[] {
  const isSent = before.sent_at === null && after.sent_at !== null;
  const isEnded = before.status !== after.status;
  const events = [
    ...(isSent ? ['sms.sent'] : []),
    ...(isEnded &&
    (after.status === 'delivered' || (after.status === 'read' && before.status !== 'delivered'))
      ? ['sms.delivered']
      : []),
    ...(isEnded && FAILURES.has(after.status) ? ['sms.failed'] : []),
  ];
  return events.length > 0 ? events : ['message.updated'];
}
