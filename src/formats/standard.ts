import { randomBytes } from 'node:crypto';
import { hmacSha256, keyring } from '../base/hmac.ts';
import { prefixed } from '../base/id.ts';
import { exactly, objectOf, timeField } from '../delivery/event-schema.ts';
import type { Format } from '../delivery/format.ts';

const PREFIX = 'whsec_';

/**
 * Standard Webhooks 1.0 (standardwebhooks.com; contracts section 8): `webhook-id` stays the same over
 * retries, `webhook-signature` is `v1,<base64 HMAC-SHA256 of "id.timestamp.body">`, one for each secret
 * that is valid, under the decoded bytes of the secret.
 */
export const standard: Format = {
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
  mostRetries: 10,
  makeSecret: () => PREFIX + randomBytes(32).toString('base64'),
  secretProblem(secret) {
    const bytes = decoded(secret);
    if (bytes && bytes.length >= 24 && bytes.length <= 64) return null;
    return 'must be whsec_ followed by the base64 of 24 to 64 bytes';
  },
  unsigned: 'never',
  rotationOverlaps: true,
  goneDisables: true,
  ownHeaders: ['webhook-id', 'webhook-timestamp', 'webhook-signature'],

  message({ event, payload, secrets, attemptedAt, bodyOf }) {
    // The record goes in as the text it was stored as; type and time are ours and need no escaping.
    const data = payload === 'full' ? event.json : JSON.stringify({ id: event.objectId, ...event.summary() });
    const body = bodyOf(`{"type":"${event.type}","timestamp":"${event.occurredAt}","data":${data}}`);
    const id = prefixed('evt', event.id);
    const sign = (secret: string) =>
      `v1,${hmacSha256(keyOf(secret), 'base64', `${id}.${attemptedAt}.`, body)}`;
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
    const made = `v1,${hmacSha256(keyOf(secret), 'base64', signed, body)}`;
    return (header('webhook-signature') ?? '').split(' ').includes(made);
  },

  schema: (type, _payload, details) =>
    objectOf({
      type: exactly(type.name, 'What happened.'),
      timestamp: timeField('When it happened.'),
      data: { ...details, description: 'The record as it was then.' },
    }),
};

/** The key's bytes, or null where the text is not a secret of this format. */
function decoded(secret: string): Buffer | null {
  const text = secret.slice(PREFIX.length);
  if (!secret.startsWith(PREFIX) || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null;
  return Buffer.from(text, 'base64');
}

const keyOf = keyring((secret) => decoded(secret)!);
