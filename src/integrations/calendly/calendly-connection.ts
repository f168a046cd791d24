import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { hmacSha256, sameBytes } from '../../base/hmac.ts';
import { plainText } from '../../base/values/text.ts';
import type { ConnectionKind, InboundHandler, InboundRequest } from '../../connections/connection-kind.ts';
import { testWithSample } from '../../connections/sample-request.ts';
import type { ConnectionServices } from '../integration.ts';
import { takeCalendlyEvent } from './calendly-booking.ts';

/** Calendly retries for a day, each time with a new signature; an older one is a replay. */
const TOLERANCE_S = 300;

const known = z.looseObject({
  event: z.string().catch(''),
  payload: z.looseObject({ uri: z.string().catch('') }).catch({ uri: '' }),
});

const invitees = {
  path: '',
  label: 'Webhook URL',
  verify: (request, { secrets }) => verify(request, secrets['webhook_secret']!),
  summarize({ body }) {
    const { data } = known.safeParse(body);
    return { type: data?.event || null, externalId: data?.payload.uri.split('/').at(-1) || null };
  },
  handle: ({ body }, { workspaceId }, { takeBooking }) => takeCalendlyEvent(takeBooking, workspaceId, body),
} satisfies InboundHandler<ConnectionServices>;

/** Bookings of Calendly. */
export const calendlyConnection: ConnectionKind<ConnectionServices> = {
  name: 'calendly',
  label: 'Calendly',
  description: 'Each booking becomes an appointment of its contact, and is moved and canceled with it.',
  docs: 'docs/integrations/calendly.md',
  steps: [
    'In Calendly, open Integrations → API and webhooks, and create a personal access token.',
    'Create a webhook subscription by its API with the webhook URL, the events invitee.created and invitee.canceled, and the signing secret as signing_key.',
    'The documentation has the two requests to copy.',
  ],
  settings: z.object({}),
  secrets: z.object({
    webhook_secret: plainText(200).min(16, 'must have at least 16 characters').meta({
      title: 'Signing secret',
      description: 'The signing_key of the webhook subscription.',
    }),
  }),
  generate: { webhook_secret: () => randomBytes(32).toString('base64url') },
  scopes: ['appointments:write', 'contacts:write'],
  inbound: [invitees],
  test: (values) => {
    const body = { event: 'test', created_at: '', payload: {} };
    const signature = calendlySignature(values.secrets['webhook_secret']!, JSON.stringify(body), nowS());
    return testWithSample(invitees, { headers: { 'calendly-webhook-signature': signature }, body }, values);
  },
};

/** The value of Calendly-Webhook-Signature for a body. @param time unix seconds */
function calendlySignature(secret: string, body: Buffer | string, time: number): string {
  return `t=${time},v1=${hmacSha256(secret, 'hex', `${time}.`, body)}`;
}

function verify({ headers, rawBody }: InboundRequest, secret: string): string | null {
  const sent = String(headers['calendly-webhook-signature'] ?? '');
  const parts = Object.fromEntries(sent.split(',').map((part) => part.trim().split('=', 2)));
  const { t: time = '', v1: signature = '' } = parts as Record<string, string | undefined>;
  // Computed in any case, so that the time does not depend on the header.
  const expected = hmacSha256(secret, 'hex', `${time}.`, rawBody);
  const isSigned = sameBytes(Buffer.from(signature), Buffer.from(expected));
  if (sent === '')
    return 'The request has no Calendly-Webhook-Signature: set signing_key on the subscription.';
  if (!isSigned) return 'Calendly-Webhook-Signature does not match: signing_key is another one.';
  const ageS = Math.abs(nowS() - Number(time));
  return ageS <= TOLERANCE_S ? null : 'Calendly-Webhook-Signature is more than five minutes old.';
}

function nowS(): number {
  return Math.floor(Date.now() / 1000);
}
