import { randomBytes } from 'node:crypto';
import { hmacSha256 } from '../../base/hmac.ts';
import { prefixed } from '../../base/id.ts';
import { exactly, joined, objectOf, textField, timeField } from '../../events/event-schema.ts';
import type { Format } from '../../delivery/endpoint/webhook-format.ts';
import { blankProblem, textKey } from '../../delivery/endpoint/text-secret.ts';

/** The events in axoCRM's documentation, by Fairlead's names; webhook.test is sent only by Send test. */
const DOCUMENTED = new Set([
  'contact.created',
  'company.created',
  'deal.created',
  'deal.updated',
  'deal.stage_changed',
  'deal.won',
  'deal.lost',
  'task.created',
  'task.completed',
  'form.submitted',
]);

/** axoCRM's names that differ from Fairlead's; it has only an update event for a stage change. */
const ITS_NAMES: Readonly<Record<string, string>> = {
  'form.submitted': 'lead_form.submitted',
  'deal.stage_changed': 'deal.updated',
};

/**
 * axoCRM webhooks (AX9–AX13): three X-axoCRM headers, a signature over `timestamp.body` with the secret exactly as
 * shown, and a body without personal data.
 */
export const axocrmFormat: Format = {
  name: 'axocrm',
  documents: (type) => DOCUMENTED.has(type),
  nameOf: (type) => ITS_NAMES[type] ?? type,
  typesOf(name) {
    if (name === 'lead_form.submitted') return ['form.submitted'];
    return name === 'deal.updated' ? [name, 'deal.stage_changed'] : [name];
  },
  oneEvent: false,
  defaults: {
    payload: 'summary',
    timeoutMs: 30_000,
    retryMax: 4,
    intervalsS: [60, 120, 240, 480],
  },
  maxRetries: 10,
  makeSecret: () => `axo_whsec_${randomBytes(24).toString('hex')}`,
  secretProblem: (secret) =>
    blankProblem(secret) ??
    (/^[\x21-\x7e]{8,256}$/.test(secret)
      ? null
      : 'must have 8 to 256 printable ASCII characters without spaces'),
  secretHint: '8 to 256 printable ASCII characters without spaces.',
  unsigned: 'never',
  rotationOverlaps: false,
  goneDisables: false,
  ownHeaders: ['x-axocrm-event', 'x-axocrm-timestamp', 'x-axocrm-signature'],

  message({ event, workspaceId, payload, secrets, attemptedAt, bodyOf }) {
    const type = axocrmFormat.nameOf(event.type);
    const details = payload === 'full' ? event.data() : event.summary();
    const body = bodyOf(
      JSON.stringify({
        id: prefixed('evt', event.id),
        type,
        workspace_id: workspaceId,
        created_at: event.occurredAt,
        // The format's own name for this type: the subscription uses it, not the stored name.
        data: {
          object: { type: event.objectType, id: details['id'] ?? event.objectId, ...without(details) },
        },
      }),
    );
    const [secret] = secrets;
    return {
      headers: {
        'X-axoCRM-Event': type,
        'X-axoCRM-Timestamp': String(attemptedAt),
        ...(secret !== undefined && {
          'X-axoCRM-Signature': `sha256=${hmacSha256(textKey(secret), 'hex', `${attemptedAt}.`, body)}`,
        }),
      },
      body,
    };
  },

  verifies(secret, header, body) {
    const signed = `${header('x-axocrm-timestamp')}.`;
    const made = `sha256=${hmacSha256(textKey(secret), 'hex', signed, body)}`;
    return header('x-axocrm-signature') === made;
  },

  schema: ({ name, object }, _payload, details) =>
    objectOf({
      id: textField('Identifies the event; the same in all retries.'),
      type: exactly(axocrmFormat.nameOf(name), 'The event type.'),
      workspace_id: textField('The id of the workspace.'),
      created_at: timeField('When the event occurred.'),
      data: {
        ...objectOf({
          object: {
            ...joined(details, objectOf({ type: exactly(object, 'The record type.') })),
            description: 'The record that the event is about.',
          },
        }),
        description: 'The subject of the event.',
      },
    }),
};

/** `type` and `id` are set by the format; fields of the record must not overwrite them. */
function without(details: Record<string, unknown>): Record<string, unknown> {
  const { type: _type, id: _id, ...rest } = details;
  return rest;
}
