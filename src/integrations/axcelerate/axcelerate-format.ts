import { randomBytes } from 'node:crypto';
import { hmacSha256 } from '../../base/hmac.ts';
import { exactly, objectOf, textField, timeField } from '../../events/event-schema.ts';
import type { Format } from '../../delivery/endpoint/webhook-format.ts';
import { textKey, textSecretProblem } from '../../delivery/endpoint/text-secret.ts';

const RETRIES = 20;

/**
 * aXcelerate webhooks (AC1–AC4): one event type each, the object under its noun in `message`, and two headers that
 * are sent without a signature too. `messageId` is the event's id, so it is the same in retries and resends.
 */
export const axcelerateFormat: Format = {
  name: 'axcelerate',
  documents: () => false,
  nameOf: (type) => type,
  typesOf: (name) => [name],
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

  message({ event, clientNumber, payload, secrets, bodyOf }) {
    // The record is inserted as its stored text; the texts around it are constants and need no escaping.
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
      type: exactly(name, 'The event type.'),
      message: {
        ...objectOf({ [object]: { ...details, description: 'The record at the time of the event.' } }),
        description: 'The subject of the event, under its record type.',
      },
      clientId: { type: 'integer', description: 'The number of the workspace.' },
      messageId: textField('Identifies the event; the same in all retries.'),
      timestamp: timeField('When the event occurred.'),
    }),
};
