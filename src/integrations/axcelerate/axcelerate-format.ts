import { randomBytes } from 'node:crypto';
import { hmacSha256 } from '../../base/hmac.ts';
import {
  exactly,
  objectOf,
  textField,
  timeField,
  type JsonSchema,
  type ObjectSchema,
} from '../../events/event-schema.ts';
import type { EventType } from '../../events/event-type.ts';
import type { Format, MessageInput } from '../../delivery/endpoint/webhook-format.ts';
import { textKey, textSecretProblem } from '../../delivery/endpoint/text-secret.ts';
import { axcelerateName, FAIRLEAD_TYPES } from './axcelerate-names.ts';

const RETRIES = 20;

/**
 * aXcelerate webhooks (AC1–AC4): one event type each, the object under its noun in `message`, and two headers that
 * are sent without a signature too. `messageId` is the event's id, so it is the same in retries and resends.
 */
export const axcelerateFormat: Format = {
  name: 'axcelerate',
  documents: () => false,
  nameOf: (type) => type,
  typesOf: (name) => [FAIRLEAD_TYPES.get(name) ?? name],
  ownNames: {
    nameOf: (type, record) => axcelerateName(type, record)?.name ?? type,
    schema: ownSchema,
  },
  oneEvent: true,
  defaults: {
    payload: 'full',
    timeoutMs: 30_000,
    retryMax: RETRIES,
    // 1 s, 2 s, 4 s … 6 days: twelve days in total.
    intervalsS: Array.from({ length: RETRIES }, (_, n) => 2 ** n),
  },
  maxRetries: RETRIES,
  makeSecret: () => randomBytes(32).toString('hex'),
  secretProblem: textSecretProblem,
  secretHint: '8 to 256 characters, none of them a control character.',
  unsigned: 'by default',
  rotationOverlaps: false,
  goneDisables: false,
  ownHeaders: ['ax-signature-version', 'ax-signature'],

  message(input) {
    const { event, clientNumber, secrets, bodyOf } = input;
    const [type, message] = input.ownNames ? ownMessage(input) : fairleadMessage(input);
    // The texts around the message are constants and need no escaping.
    const body = bodyOf(
      `{"type":"${type}","message":${message},` +
        `"clientId":${clientNumber},"messageId":"${event.id}","timestamp":"${event.occurredAt}"}`,
    );
    const [secret] = secrets;
    return {
      headers: {
        'Ax-Signature-Version': secret === undefined ? '0' : '1',
        'Ax-Signature': secret === undefined ? '' : hmacSha256(textKey(secret), 'hex', body),
      },
      body,
    };
  },

  verifies: (secret, header, body) => header('ax-signature') === hmacSha256(textKey(secret), 'hex', body),

  schema: ({ name, object }, _payload, details) => bodySchema(name, { [object]: recordSchema(details) }),
};

/** The record is inserted as its stored text. */
function fairleadMessage({ event, payload }: MessageInput): [type: string, message: string] {
  const object = payload === 'full' ? event.json : JSON.stringify({ id: event.objectId, ...event.summary() });
  return [event.type, `{"${event.objectType}":${object}}`];
}

/** aXcelerate's names, with integers in place of ids. */
function ownMessage({ event, payload }: MessageInput): [type: string, message: string] {
  const data = event.data();
  const { name, noun } = axcelerateName(event.type, data) ?? { name: event.type, noun: event.objectType };
  const record = event.withIntegerIds(payload === 'full' ? data : { id: event.objectId, ...event.summary() });
  const { merged_ids: mergedContactIds } = record;
  const message = {
    [noun]: { ...record, ...runOf(event.type, event.withIntegerIds(data)) },
    ...(event.type === 'contact.merged' && { mergedContactIds }),
  };
  return [name, JSON.stringify(message)];
}

/** The course run of an enrolment, as aXcelerate nests it: `workshop` or `class`, with its id. */
function runOf(type: string, { kind, course_run_id: id }: Record<string, unknown>): object {
  if (!type.startsWith('enrolment.') || (kind !== 'workshop' && kind !== 'class') || id == null) return {};
  return { [kind]: { id } };
}

function ownSchema({ name: type, object, sample }: EventType, details: ObjectSchema): ObjectSchema {
  const { name, noun } = axcelerateName(type, sample) ?? { name: type, noun: object };
  const [run] = Object.keys(runOf(type, sample));
  const id = { type: 'integer', description: 'Its number.' };
  const nested = run === undefined ? {} : { [run]: { ...objectOf({ id }), description: 'The course run.' } };
  const record = { ...details, properties: { ...details.properties, ...nested } };
  return bodySchema(name, {
    [noun]: recordSchema(record),
    ...(type === 'contact.merged' && {
      mergedContactIds: {
        type: 'array',
        items: { type: 'integer' },
        description: 'The contacts that were merged into it.',
      },
    }),
  });
}

function recordSchema(details: ObjectSchema): JsonSchema {
  return { ...details, description: 'The record at the time of the event.' };
}

function bodySchema(type: string, message: Readonly<Record<string, JsonSchema>>): ObjectSchema {
  return objectOf({
    type: exactly(type, 'The event type.'),
    message: { ...objectOf(message), description: 'The subject of the event, under its record type.' },
    clientId: { type: 'integer', description: 'The number of the workspace.' },
    messageId: textField('Identifies the event; the same in all retries.'),
    timestamp: timeField('When the event occurred.'),
  });
}
