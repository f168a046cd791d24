import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { plainText } from '../../base/values/text.ts';
import type { ConnectionKind, InboundHandler } from '../../connections/connection-kind.ts';
import { ACCOUNT_SETTINGS } from '../../messaging/emails/email-account.ts';
import { baseUrlSetting, takeReports } from '../email-api.ts';
import type { ConnectionServices } from '../integration.ts';
import { hidesBody } from '../received-mail.ts';
import { sendgridInbound } from './sendgrid-inbound.ts';
import { SENDGRID_URL, testSendgrid } from './sendgrid-provider.ts';
import { isSendgridKey, sendgridReports, sendgridSummary, verifySendgrid } from './sendgrid-webhook.ts';

/** SendGrid sends up to 1,000 events at once. */
const MAX_BYTES = 1024 * 1024;

const events: InboundHandler<ConnectionServices> = {
  path: '',
  label: 'Webhook URL',
  keepsNoBody: hidesBody(),
  maxBytes: MAX_BYTES,
  verify: (request, { secrets }) => verifySendgrid(request, secrets['verification_key'] ?? '', Date.now()),
  summarize: ({ body }) => sendgridSummary(body),
  handle({ body }, { workspaceId, id }, { emails }) {
    const reason = `Events of the type ${sendgridSummary(body).type ?? 'unknown'} are not used.`;
    const source = { workspaceId, connectionId: id };
    return takeReports(emails, source, sendgridReports(body, Date.now()), reason.slice(0, 300));
  },
};

/** Mail by SendGrid (EM1, EM3). */
export const sendgridConnection: ConnectionKind<ConnectionServices> = {
  name: 'sendgrid',
  label: 'SendGrid',
  description: 'Emails are sent by Twilio SendGrid, and bounces and complaints come back.',
  docs: 'docs/integrations/sendgrid.md',
  steps: [
    'In SendGrid, authenticate the domain of the sender, and create an API key with the access Mail Send.',
    'Enter the key and the sender here.',
    'Open Settings → Mail Settings → Event Webhooks, create one with the webhook URL, and select the events of the list.',
    'Enable the Signed Event Webhook, copy its verification key, and enter it here.',
  ],
  events: [
    'Delivered',
    'Deferred',
    'Bounced',
    'Dropped',
    'Spam Reports',
    'Unsubscribed',
    'Group Unsubscribes',
  ],
  settings: z.object({ base_url: baseUrlSetting(SENDGRID_URL), ...ACCOUNT_SETTINGS }),
  secrets: z.object({
    api_key: plainText(200).trim().meta({ title: 'API key' }),
    verification_key: plainText(500)
      .trim()
      .refine(isSendgridKey, 'must be the verification key of the Signed Event Webhook')
      .optional()
      .meta({ title: 'Verification key', description: 'Of the Signed Event Webhook.' }),
    inbound_password: plainText(200)
      .min(16, 'must have at least 16 characters')
      .meta({ title: 'Password for received mail', description: 'Of the URL in Inbound Parse.' }),
  }),
  generate: { inbound_password: () => randomBytes(24).toString('base64url') },
  scopes: ['emails:send'],
  inbound: [events, sendgridInbound],
  canRepeat: true,
  test: (values, services) => testSendgrid(values, services),
};
