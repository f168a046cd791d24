import { randomBytes } from 'node:crypto';
import { hmacSha256 } from '../../base/hmac.ts';
import { prefixed } from '../../base/id.ts';
import {
  exactly,
  joined,
  objectOf,
  textField,
  timeField,
  type ObjectSchema,
} from '../../events/event-schema.ts';
import type { Format } from '../../delivery/endpoint/webhook-format.ts';
import { textKey, textSecretProblem } from '../../delivery/endpoint/text-secret.ts';

/** The 32 events in AutomateNexus's documentation; Fairlead uses the same names. */
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
 * AutomateNexus webhooks (AN3–AN5, AN8): the full record with the field names of its documentation and, if there
 * is a secret, one header with the hex HMAC-SHA256 of the body.
 */
export const automatenexusFormat: Format = {
  name: 'automatenexus',
  documents: (type) => DOCUMENTED.has(type),
  nameOf: (type) => type,
  typesOf: (name) => [name],
  oneEvent: false,
  defaults: {
    payload: 'full',
    timeoutMs: 30_000,
    retryMax: 5,
    // Retries 1 min, 5 min, 30 min, 2 h and 24 h after the first failure, as delays between attempts.
    intervalsS: [60, 240, 1500, 5400, 79_200],
  },
  maxRetries: 10,
  makeSecret: () => randomBytes(32).toString('hex'),
  secretProblem: textSecretProblem,
  secretHint: '8 to 256 characters, none of them a control character.',
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
      event: exactly(name, 'The event type.'),
      timestamp: timeField('When the event occurred.'),
      webhook_id: textField('The id of the webhook that sent it.'),
      account_id: textField('The id of the workspace.'),
      data: { ...data, description: 'The record at the time of the event.' },
    });
  },
};

/** Fields with another name in this format: a deal has a title, an appointment a start time. */
const PRINTED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  deal: { name: 'title' },
  appointment: { starts_at: 'start_time', ends_at: 'end_time' },
};

/** Renames fields to those of the documentation where they differ. */
function printed(object: string, record: Record<string, unknown>): Record<string, unknown> {
  const names = PRINTED[object];
  if (!names) return record;
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [names[name] ?? name, value]));
}

function printedSchema(object: string, details: ObjectSchema): ObjectSchema {
  return {
    ...details,
    properties: printed(object, details.properties) as ObjectSchema['properties'],
    required: details.required.map((name) => PRINTED[object]?.[name] ?? name),
  };
}
