import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { sameBytes, sha256 } from '../../base/hmac.ts';
import { plainText } from '../../base/values/text.ts';
import type { ConnectionKind, InboundHandler } from '../../connections/connection-kind.ts';
import { testWithSample } from '../../connections/sample-request.ts';
import { rawKey } from '../../http/authenticate.ts';
import type { ConnectionServices } from '../integration.ts';
import { eventType, takeReport } from './crm-report.ts';

const known = z.looseObject({ event_type: z.unknown().optional() });

const reports = {
  path: '',
  label: 'Webhook URL',
  verify({ headers }, { secrets }) {
    const sent = rawKey(headers);
    // Hashed, because texts of different lengths cannot be compared in constant time.
    if (sameBytes(sha256(sent ?? ''), sha256(secrets['webhook_secret']!))) return null;
    return sent === null
      ? 'The request has no secret: send Authorization: Bearer, or X-API-Key.'
      : 'The secret is wrong.';
  },
  summarize({ body }) {
    const { data } = known.safeParse(body);
    return { type: eventType(data?.event_type), externalId: null };
  },
  handle: ({ body, text }, { workspaceId }, services) => takeReport(services, workspaceId, body, text),
} satisfies InboundHandler<ConnectionServices>;

/** Another CRM reports the progress of leads (CW1 to CW4), with the secret of the connection. */
export const crmWebhookConnection: ConnectionKind<ConnectionServices> = {
  name: 'crm',
  label: 'Another CRM',
  description: 'Another CRM, or Make.com for it, reports the progress of leads in their timelines.',
  docs: 'docs/leads.md',
  steps: [
    'In the other system, send a POST request with a JSON body to the webhook URL.',
    'Send the secret as Authorization: Bearer, or as X-API-Key.',
    'The body needs a crm_lead_id, the same as that of the lead; event_type and all other fields are optional.',
  ],
  settings: z.object({}),
  secrets: z.object({
    webhook_secret: plainText(200)
      .min(16, 'must have at least 16 characters')
      .regex(/^[\x21-\x7e]*$/, 'must have printable ASCII characters only, without spaces')
      .meta({ title: 'Secret', description: 'Sent by the other system with each request.' }),
  }),
  generate: { webhook_secret: () => randomBytes(32).toString('base64url') },
  scopes: ['leads:create'],
  inbound: [reports],
  test: (values) => {
    const headers = { authorization: `Bearer ${values.secrets['webhook_secret']}` };
    return testWithSample(reports, { headers, body: {} }, values);
  },
};
