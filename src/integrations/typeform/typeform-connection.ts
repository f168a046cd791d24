import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { sameBytes } from '../../base/hmac.ts';
import { plainText } from '../../base/values/text.ts';
import type { ConnectionKind, InboundHandler, InboundRequest } from '../../connections/connection-kind.ts';
import { testWithSample } from '../../connections/sample-request.ts';
import type { ConnectionServices } from '../integration.ts';
import { takeResponse, typeformSignature } from './typeform-response.ts';

const known = z.looseObject({ event_id: z.string().catch(''), event_type: z.string().catch('') });

const responses = {
  path: '',
  label: 'Webhook URL',
  verify: ({ headers, rawBody }, { secrets }) => verify(headers, rawBody, secrets['webhook_secret']!),
  summarize({ body }) {
    const { data } = known.safeParse(body);
    return { type: data?.event_type || null, externalId: data?.event_id || null };
  },
  handle: ({ body, text }, { workspaceId }, { takeLead }) =>
    takeResponse(takeLead, workspaceId, body, () => text),
} satisfies InboundHandler<ConnectionServices>;

/** Responses of Typeform forms create leads; Typeform signs with the secret of the connection. */
export const typeformConnection: ConnectionKind<ConnectionServices> = {
  name: 'typeform',
  label: 'Typeform',
  description: 'Each response to a form creates a lead.',
  docs: 'docs/integrations/typeform.md',
  steps: [
    'In Typeform, open the form → Connect → Webhooks → Add a webhook, and paste the webhook URL.',
    'Edit the webhook, paste the signing secret as its Secret, turn it on and save.',
    'Send test request creates a lead, as a response does.',
  ],
  settings: z.object({}),
  secrets: z.object({
    webhook_secret: plainText(200).min(16, 'must have at least 16 characters').meta({
      title: 'Signing secret',
      description: 'The Secret of the webhook in Typeform.',
    }),
  }),
  generate: { webhook_secret: () => randomBytes(32).toString('base64url') },
  scopes: ['leads:create'],
  inbound: [responses],
  test: (values) => {
    const body = { event_id: 'test', event_type: 'test' };
    const signature = typeformSignature(values.secrets['webhook_secret']!, JSON.stringify(body));
    return testWithSample(responses, { headers: { 'typeform-signature': signature }, body }, values);
  },
};

function verify(headers: InboundRequest['headers'], rawBody: Buffer, secret: string): string | null {
  const sent = headers['typeform-signature'];
  // Computed in any case, so that the time does not depend on the header.
  const isSigned = sameBytes(Buffer.from(String(sent)), Buffer.from(typeformSignature(secret, rawBody)));
  if (isSigned) return null;
  return sent === undefined
    ? 'The request has no Typeform-Signature: set the signing secret in Typeform.'
    : 'Typeform-Signature does not match: the secret in Typeform is another one.';
}
