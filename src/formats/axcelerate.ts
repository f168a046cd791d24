import { randomBytes } from 'node:crypto';
import { hmacSha256 } from '../base/hmac.ts';
import { exactly, objectOf, textField, timeField } from '../events/event-schema.ts';
import type { Format } from '../delivery/format.ts';
import { textKey, textSecretProblem } from './text-secret.ts';

const RETRIES = 20;

/**
 * aXcelerate's webhooks (contracts AC1–AC4): one event type each, the object under its noun in `message`, and two
 * headers that are there unsigned too. `messageId` is the event's id, so it stays the same over retries and resends.
 */
export const axcelerate: Format = {
  name: 'axcelerate',
  documents: () => false,
  nameOf: (type) => type,
  typesOf: (name) => [name],
  oneEvent: true,
  defaults: {
    payload: 'full',
    timeoutMs: 30_000,
    retryMax: RETRIES,
    // 1 s, 2 s, 4 s … 6 days: twelve days in all.
    intervalsS: Array.from({ length: RETRIES }, (_, n) => 2 ** n),
  },
  maxRetries: RETRIES,
  makeSecret: () => randomBytes(32).toString('hex'),
  secretProblem: textSecretProblem,
  unsigned: 'by default',
  rotationOverlaps: false,
  goneDisables: false,
  ownHeaders: ['ax-signature-version', 'ax-signature'],

  message({ event, clientNumber, payload, secrets, bodyOf }) {
    // The record goes in as the text it was stored as; what stands around it is ours and needs no escaping.
    const object =
      payload === 'full' ? event.json : JSON.stringify({ id: event.objectId, ...event.summary() });
    const body = bodyOf(
      `{"type":"${event.type}","message":{"${event.objectType}":${object}},` +
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

  schema: ({ name, object }, _payload, details) =>
    objectOf({
      type: exactly(name, 'What happened.'),
      message: {
        ...objectOf({ [object]: { ...details, description: 'The record as it was then.' } }),
        description: 'What it is about, under the kind of record.',
      },
      clientId: { type: 'integer', description: 'The workspace where it happened.' },
      messageId: textField('Names the event; the same over retries.'),
      timestamp: timeField('When it happened.'),
    }),
};
