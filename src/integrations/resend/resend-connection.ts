import { z } from 'zod';
import { plainText } from '../../base/values/text.ts';
import type { ConnectionKind, InboundHandler } from '../../connections/connection-kind.ts';
import { ACCOUNT_SETTINGS } from '../../messaging/emails/email-account.ts';
import { baseUrlSetting, takeReports } from '../email-api.ts';
import type { ConnectionServices } from '../integration.ts';
import { hidesBody, takeProviderMail } from '../received-mail.ts';
import { isResendMail, readResendMail } from './resend-inbound.ts';
import { RESEND_URL, testResend } from './resend-provider.ts';
import { resendReports, resendType, verifyResend } from './resend-webhook.ts';

const events: InboundHandler<ConnectionServices> = {
  path: '',
  label: 'Webhook URL',
  keepsNoBody: hidesBody(isResendMail),
  verify: (request, { secrets }) => verifyResend(request, secrets['webhook_secret'] ?? '', Date.now()),
  summarize: ({ body, headers }) => ({
    type: resendType(body),
    externalId: typeof headers['svix-id'] === 'string' ? headers['svix-id'] : null,
  }),
  async handle({ body }, connection, services) {
    if (isResendMail(body))
      return takeProviderMail(await readResendMail(body, connection, services.http), connection, services);
    const { workspaceId, id } = connection;
    const { emails } = services;
    const reason = `Events of the type ${resendType(body) ?? 'unknown'} are not used.`;
    const source = { workspaceId, connectionId: id };
    return takeReports(emails, source, resendReports(body, Date.now()), reason.slice(0, 300));
  },
};

/** Mail by Resend (EM1, EM3). */
export const resendConnection: ConnectionKind<ConnectionServices> = {
  name: 'resend',
  label: 'Resend',
  description: 'Emails are sent by Resend, and bounces and complaints come back.',
  docs: 'docs/integrations/resend.md',
  steps: [
    'In Resend, verify the domain of the sender, and create an API key with sending access.',
    'Enter the key and the sender here.',
    'Open Webhooks → Add webhook, paste the webhook URL, and select the events of the list.',
    'Copy the signing secret of the webhook, which begins with whsec_, and enter it here.',
  ],
  events: [
    'email.delivered',
    'email.delivery_delayed',
    'email.bounced',
    'email.complained',
    'email.failed',
    'email.received',
  ],
  settings: z.object({ base_url: baseUrlSetting(RESEND_URL), ...ACCOUNT_SETTINGS }),
  secrets: z.object({
    api_key: plainText(200).trim().meta({ title: 'API key' }),
    webhook_secret: plainText(500)
      .trim()
      .regex(/^whsec_[A-Za-z0-9+/=]+$/, 'must be whsec_ followed by base64')
      .optional()
      .meta({ title: 'Signing secret', description: 'Of the webhook in Resend.' }),
  }),
  generate: {},
  scopes: ['emails:send'],
  inbound: [events],
  canRepeat: true,
  test: (values, services) => testResend(values, services),
};
