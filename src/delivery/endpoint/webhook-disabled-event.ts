import { prefixed, type Uuid } from '../../base/id.ts';
import type { EventObject, EventType } from '../../events/event-type.ts';
import { objectOf, textField, timeField } from '../../events/event-schema.ts';
import { append, type LaneKey } from '../../events/outbox.ts';
import type { Transaction } from '../../db/query.ts';

/** Why a webhook is disabled. */
export interface Cause {
  reason: string;
  /** Failed attempts in a row that led to it. */
  failures: number;
}

/** A webhook that was disabled, for the people and systems that need to know. */
export interface Disabling extends Cause {
  workspaceId: Uuid;
  endpointId: Uuid;
  name: string;
  format: string;
  /** ISO 8601. */
  at: string;
}

/** The owners of webhooks. Notified within the transaction that makes the change. */
export interface Owners {
  disabled(trx: Transaction, disabling: Disabling): Promise<void>;
  /** A person has resumed, paused or deleted it: open notifications are obsolete. */
  handledByUser(trx: Transaction, workspaceId: Uuid, endpointId: Uuid): Promise<void>;
}

const sample = {
  id: 'wh_01976d3c2f807c4e9d0a5b1f0e3a7c91',
  name: 'Warehouse',
  url: 'https://example.com/webhooks',
  format: 'standard',
  reason: 'Its receiver answered 410 Gone.',
  failures: 1,
  disabled_at: '2026-06-01T12:00:00.000Z',
};

/** The event that reports a disabled webhook to other webhooks and readers of the feed. */
export const WEBHOOK_DISABLED: EventType = {
  name: 'webhook.disabled',
  object: 'webhook',
  description: 'A webhook was disabled: its receiver answered 410, or failed too often in a row.',
  sample,
  schema: objectOf({
    id: textField('The id of the webhook.'),
    name: textField('Its name.'),
    url: textField('Its URL without the query, which may contain a secret.'),
    format: textField('Its format.'),
    reason: textField('Why it was disabled.'),
    failures: { type: 'integer', description: 'Failed attempts in a row that led to it.' },
    disabled_at: timeField('When it was disabled.'),
  }),
};

/** A test is about a webhook as well, but has no summary. */
export const WEBHOOK_OBJECT: EventObject = {
  name: 'webhook',
  summary: ({ id, format, reason, failures, disabled_at: disabledAt }) =>
    disabledAt === undefined ? {} : { id, format, reason, failures },
};

/**
 * Fires the event in the transaction that disables; last, since it locks the feed's counter.
 * @param wildcard the formats whose `*` includes it
 * @returns the lanes to wake after the commit
 */
export async function fireDisabled(
  trx: Transaction,
  url: string,
  eventId: Uuid,
  { workspaceId, endpointId, name, format, reason, failures, at }: Disabling,
  wildcard: readonly string[],
): Promise<LaneKey[]> {
  const data = {
    id: prefixed('wh', endpointId),
    name,
    url: withoutQuery(url),
    format,
    reason,
    failures,
    disabled_at: at,
  };
  const { lanes } = await append(trx, 'webhook', [
    {
      workspaceId,
      id: eventId,
      type: WEBHOOK_DISABLED.name,
      objectId: endpointId,
      actor: 'system',
      at,
      data,
      wildcard,
    },
  ]);
  return lanes;
}

function withoutQuery(url: string): string {
  const bare = new URL(url);
  bare.search = '';
  bare.hash = '';
  bare.username = '';
  bare.password = '';
  return bare.href;
}
