import { z } from 'zod';
import { plainText } from '../../base/values/text.ts';
import type { ConnectionKind, InboundHandler } from '../../connections/connection-kind.ts';
import { ACCOUNT_SETTINGS } from '../../messaging/emails/email-account.ts';
import { baseUrlSetting, takeReports } from '../email-api.ts';
import type { ConnectionServices } from '../integration.ts';
import { hidesBody } from '../received-mail.ts';
import { mailgunInbound } from './mailgun-inbound.ts';
import { MAILGUN_URL, testMailgun } from './mailgun-provider.ts';
import { mailgunReports, mailgunSummary, makeUsedTokens, tokenOf, verifyMailgun } from './mailgun-webhook.ts';

const usedTokens = makeUsedTokens(Date.now);

const events: InboundHandler<ConnectionServices> = {
  path: '',
  label: 'Webhook URL',
  keepsNoBody: hidesBody(),
  verify: ({ body }, { secrets }) =>
    verifyMailgun(body, secrets['webhook_signing_key'] ?? '', usedTokens, Date.now()),
  summarize: ({ body }) => mailgunSummary(body),
  async handle({ body }, { workspaceId, id }, { emails }) {
    const token = tokenOf(body);
    usedTokens.add(token);
    try {
      const reason = `Events of the type ${mailgunSummary(body).type ?? 'unknown'} are not used.`;
      const reports = mailgunReports(body, Date.now());
      return await takeReports(emails, { workspaceId, connectionId: id }, reports, reason.slice(0, 300));
    } catch (error) {
      // Mailgun may send it again.
      usedTokens.delete(token);
      throw error;
    }
  },
};

/** Mail by Mailgun (EM1, EM3). */
export const mailgunConnection: ConnectionKind<ConnectionServices> = {
  name: 'mailgun',
  label: 'Mailgun',
  description: 'Emails are sent by Mailgun, and bounces and complaints come back.',
  docs: 'docs/integrations/mailgun.md',
  steps: [
    'In Mailgun, verify the sending domain, and create a sending key of it.',
    'Enter domain, key and sender here. Domains of the EU region need the API address https://api.eu.mailgun.net.',
    'Open Send → Webhooks, copy the HTTP webhook signing key, and enter it here.',
    'Add the webhook URL for the events of the list.',
  ],
  events: ['Delivered Messages', 'Permanent Failure', 'Temporary Failure', 'Spam Complaints', 'Unsubscribes'],
  settings: z.object({
    domain: plainText(253)
      .trim()
      .regex(/^[a-z0-9.-]+$/i, 'must be a domain')
      .meta({ title: 'Sending domain', description: 'As in `mg.example.com`.' }),
    base_url: baseUrlSetting(MAILGUN_URL),
    ...ACCOUNT_SETTINGS,
  }),
  secrets: z.object({
    api_key: plainText(200).trim().meta({ title: 'Sending key' }),
    webhook_signing_key: plainText(200).trim().optional().meta({ title: 'Webhook signing key' }),
  }),
  generate: {},
  scopes: ['emails:send'],
  inbound: [events, mailgunInbound],
  canRepeat: true,
  test: (values, services) => testMailgun(values, services),
};
