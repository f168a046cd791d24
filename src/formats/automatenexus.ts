import { randomBytes } from 'node:crypto';
import { hmacSha256 } from '../base/hmac.ts';
import { prefixed } from '../base/id.ts';
import {
  exactly,
  joined,
  objectOf,
  textField,
  timeField,
  type ObjectSchema,
} from '../events/event-schema.ts';
import type { Format } from '../delivery/format.ts';
import { textKey, textSecretProblem } from './text-secret.ts';

/** The 32 events that AutomateNexus's document lists; they are called the same with us. */
const DOCUMENTED = new Set(
  Object.entries({
    contact: ['created', 'updated', 'deleted', 'merged', 'tag_added', 'tag_removed'],
    deal: ['created', 'updated', 'stage_changed', 'won', 'lost', 'deleted'],
    task: ['created', 'updated', 'completed', 'deleted'],
    form: ['submitted'],
    payment: ['received', 'failed', 'refunded'],
    subscription: ['created', 'canceled'],
    appointment: ['booked', 'rescheduled', 'canceled'],
    email: ['sent', 'opened', 'clicked', 'bounced'],
    sms: ['sent', 'received'],
    call: ['completed'],
  }).flatMap(([object, verbs]) => verbs.map((verb) => `${object}.${verb}`)),
);

/**
 * AutomateNexus's webhooks (contracts AN3–AN5, AN8): the full record under the names that its document prints, and
 * where there is a secret one header, the hex HMAC-SHA256 of the body under it.
 */
export const automatenexus: Format = {
  name: 'automatenexus',
  documents: (type) => DOCUMENTED.has(type),
  nameOf: (type) => type,
  typesOf: (name) => [name],
  oneEvent: false,
  defaults: {
    payload: 'full',
    timeoutMs: 30_000,
    retryMax: 5,
    // 1 min, 5 min, 30 min, 2 h and 24 h after the first failure, as delays from one attempt to the next.
    intervalsS: [60, 240, 1500, 5400, 79_200],
  },
  maxRetries: 10,
  makeSecret: () => randomBytes(32).toString('hex'),
  secretProblem: textSecretProblem,
  unsigned: 'where asked',
  rotationOverlaps: false,
  goneDisables: false,
  ownHeaders: ['x-automatenexus-signature'],

  message({ event, workspaceId, endpointId, payload, secrets, bodyOf }) {
    const body = bodyOf(
      JSON.stringify({
        event: event.type,
        timestamp: event.occurredAt,
        webhook_id: prefixed('wh', endpointId),
        account_id: prefixed('acc', workspaceId),
        data:
          payload === 'full'
            ? { ...printed(event.objectType, event.data()), ...event.context() }
            : { id: event.objectId, ...event.summary() },
      }),
    );
    const [secret] = secrets;
    return {
      headers:
        secret === undefined ? {} : { 'X-AutomateNexus-Signature': hmacSha256(textKey(secret), 'hex', body) },
      body,
    };
  },

  verifies: (secret, header, body) =>
    header('x-automatenexus-signature') === hmacSha256(textKey(secret), 'hex', body),

  schema({ name, object, contextSchema }, payload, details) {
    const record = payload === 'full' ? printedSchema(object, details) : details;
    const data = payload === 'full' && contextSchema ? joined(record, contextSchema) : record;
    return objectOf({
      event: exactly(name, 'What happened.'),
      timestamp: timeField('When it happened.'),
      webhook_id: textField('The webhook that it was sent by.'),
      account_id: textField('The workspace where it happened.'),
      data: { ...data, description: 'The record as it was then.' },
    });
  },
};

/** A record with the field names of the document, where ours differ: a deal has a title. */
function printed(object: string, record: Record<string, unknown>): Record<string, unknown> {
  if (object !== 'deal') return record;
  const { id, name, ...rest } = record;
  return { id, title: name, ...rest };
}

function printedSchema(object: string, details: ObjectSchema): ObjectSchema {
  return {
    ...details,
    properties: printed(object, details.properties) as ObjectSchema['properties'],
    required: details.required.map((name) => (object === 'deal' && name === 'name' ? 'title' : name)),
  };
}
