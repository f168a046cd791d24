import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { hmacSha256, sameBytes } from '../../base/hmac.ts';
import { plainText } from '../../base/values/text.ts';
import type { ConnectionKind, InboundHandler } from '../../connections/connection-kind.ts';
import { testWithSample } from '../../connections/sample-request.ts';
import type { ConnectionServices } from '../integration.ts';
import { takeCalcomEvent } from './calcom-booking.ts';

const known = z.looseObject({
  triggerEvent: z.string().catch(''),
  payload: z.looseObject({ uid: z.string().catch('') }).catch({ uid: '' }),
});

const bookings = {
  path: '',
  label: 'Subscriber URL',
  verify({ headers, rawBody }, { secrets }) {
    const sent = headers['x-cal-signature-256'];
    // Computed in any case, so that the time does not depend on the header.
    const expected = calcomSignature(secrets['webhook_secret']!, rawBody);
    if (sameBytes(Buffer.from(String(sent)), Buffer.from(expected))) return null;
    return sent === undefined || sent === 'no-secret-provided'
      ? 'The request is not signed: set the secret of the webhook in Cal.com.'
      : 'X-Cal-Signature-256 does not match: the secret in Cal.com is another one.';
  },
  summarize({ body }) {
    const { data } = known.safeParse(body);
    return { type: data?.triggerEvent || null, externalId: data?.payload.uid || null };
  },
  handle: ({ body }, { workspaceId }, { takeBooking }) => takeCalcomEvent(takeBooking, workspaceId, body),
} satisfies InboundHandler<ConnectionServices>;

/** Bookings of Cal.com, its cloud or an installation of one's own. */
export const calcomConnection: ConnectionKind<ConnectionServices> = {
  name: 'calcom',
  label: 'Cal.com',
  description: 'Each booking becomes an appointment of its contact, and is moved and canceled with it.',
  docs: 'docs/integrations/calcom.md',
  steps: [
    'In Cal.com, open Settings → Developer → Webhooks → New webhook, and paste the subscriber URL.',
    'Choose the events Booking created, requested, rescheduled, canceled and rejected.',
    'Paste the signing secret as its Secret, leave the payload template as it is, and save.',
  ],
  settings: z.object({}),
  secrets: z.object({
    webhook_secret: plainText(200).min(8, 'must have at least 8 characters').meta({
      title: 'Signing secret',
      description: 'The Secret of the webhook in Cal.com.',
    }),
  }),
  generate: { webhook_secret: () => randomBytes(32).toString('base64url') },
  scopes: ['appointments:write', 'contacts:write'],
  inbound: [bookings],
  test: (values) => {
    const body = { triggerEvent: 'PING', createdAt: '', payload: {} };
    const signature = calcomSignature(values.secrets['webhook_secret']!, JSON.stringify(body));
    return testWithSample(bookings, { headers: { 'x-cal-signature-256': signature }, body }, values);
  },
};

/** The value of X-Cal-Signature-256 for a body. */
function calcomSignature(secret: string, body: Buffer | string): string {
  return hmacSha256(secret, 'hex', body);
}
