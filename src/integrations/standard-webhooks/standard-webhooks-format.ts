import { prefixed } from '../../base/id.ts';
import { exactly, objectOf, timeField } from '../../events/event-schema.ts';
import type { Format } from '../../delivery/endpoint/webhook-format.ts';
import {
  isPrivate,
  keyProblem,
  makePrivate,
  makeSymmetric,
  publicOf,
  signature,
} from './standard-webhooks-key.ts';

/**
 * Standard Webhooks 1.0 (standardwebhooks.com; docs/requirements.md, section 8). `webhook-id` is the same in all
 * retries. `webhook-signature` contains `v1,<base64 HMAC-SHA256 of "id.timestamp.body">` for each valid secret,
 * keyed by its decoded bytes. If the secret is an Ed25519 key, it contains `v1a,<base64>` over the same content,
 * which receivers verify with the public key.
 */
export const standardFormat: Format = {
  name: 'standard',
  documents: () => true,
  nameOf: (type) => type,
  typesOf: (name) => [name],
  oneEvent: false,
  defaults: {
    payload: 'full',
    timeoutMs: 30_000,
    retryMax: 9,
    // 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h
    intervalsS: [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400],
  },
  maxRetries: 10,
  makeSecret: makeSymmetric,
  secretProblem: keyProblem,
  secretHint: 'whsec_ followed by 24 to 64 bytes in base64, or whsk_ followed by an Ed25519 key in base64.',
  asymmetric: { makeSecret: makePrivate, isPrivate, publicOf },
  unsigned: 'never',
  rotationOverlaps: true,
  goneDisables: true,
  ownHeaders: ['webhook-id', 'webhook-timestamp', 'webhook-signature'],

  message({ event, payload, secrets, attemptedAt, bodyOf }) {
    // The record is inserted as its stored text; type and time need no escaping.
    const data = payload === 'full' ? event.json : JSON.stringify({ id: event.objectId, ...event.summary() });
    const body = bodyOf(`{"type":"${event.type}","timestamp":"${event.occurredAt}","data":${data}}`);
    const id = prefixed('evt', event.id);
    const sign = (secret: string) => signature(secret, `${id}.${attemptedAt}.`, body);
    return {
      headers: {
        'webhook-id': id,
        'webhook-timestamp': String(attemptedAt),
        'webhook-signature': secrets.map(sign).join(' '),
      },
      body,
    };
  },

  verifies(secret, header, body) {
    const signed = `${header('webhook-id')}.${header('webhook-timestamp')}.`;
    return (header('webhook-signature') ?? '').split(' ').includes(signature(secret, signed, body));
  },

  schema: (type, _payload, details) =>
    objectOf({
      type: exactly(type.name, 'The event type.'),
      timestamp: timeField('When the event occurred.'),
      data: { ...details, description: 'The record at the time of the event.' },
    }),
};
