import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { sameBytes, sha256 } from '../../base/hmac.ts';
import { plainText } from '../../base/values/text.ts';
import type { ConnectionKind, InboundHandler, InboundRequest } from '../../connections/connection-kind.ts';
import { ACCOUNT_SETTINGS } from '../../messaging/emails/email-account.ts';
import { baseUrlSetting, takeReports } from '../email-api.ts';
import type { ConnectionServices } from '../integration.ts';
import { hidesBody } from '../received-mail.ts';
import { POSTMARK_URL, testPostmark } from './postmark-provider.ts';
import { postmarkInbound } from './postmark-inbound.ts';
import { postmarkReports, postmarkSummary } from './postmark-report.ts';

/** Postmark signs nothing: the secret is the password of basic authentication, or a header of its own. */
export const POSTMARK_HEADER = 'x-fairlead-secret';

const events: InboundHandler<ConnectionServices> = {
  path: '',
  label: 'Webhook URL',
  keepsNoBody: hidesBody(),
  verify: (request, { secrets }) => verifyPostmark(request, secrets['webhook_secret'] ?? ''),
  summarize: ({ body }) => postmarkSummary(body),
  handle({ body }, { workspaceId, id }, { emails }) {
    const reason = `Events of the type ${postmarkSummary(body).type ?? 'unknown'} are not used.`;
    const source = { workspaceId, connectionId: id };
    return takeReports(emails, source, postmarkReports(body, Date.now()), reason.slice(0, 300));
  },
};

/** @returns why the request does not prove the secret, null if it does */
export function verifyPostmark({ headers }: Pick<InboundRequest, 'headers'>, secret: string): string | null {
  const [, basic = ''] = /^Basic ([A-Za-z0-9+/=]{1,2000})$/i.exec(headers.authorization ?? '') ?? [];
  const password = Buffer.from(basic, 'base64')
    .toString()
    .replace(/^[^:]*:/s, '');
  const header = String(headers[POSTMARK_HEADER] ?? '');
  // Hashes have one length, so that the comparison takes the same time for each secret.
  const matches = [password, header].map((sent) => sameBytes(sha256(sent), sha256(secret)));
  if (basic === '' && header === '')
    return `no_secret: the request has neither a password nor the header ${POSTMARK_HEADER}.`;
  return secret !== '' && matches.includes(true)
    ? null
    : 'wrong_secret: the password or header is another one.';
}

/** Mail by Postmark (EM1, EM3). */
export const postmarkConnection: ConnectionKind<ConnectionServices> = {
  name: 'postmark',
  label: 'Postmark',
  description: 'Emails are sent by Postmark, and bounces and complaints come back.',
  docs: 'docs/integrations/postmark.md',
  steps: [
    'In Postmark, verify the domain of the sender, and copy the server API token.',
    'Enter the token, the message stream and the sender here.',
    'In the message stream, open Webhooks → Add webhook, and paste the webhook URL.',
    `Under custom headers, add ${POSTMARK_HEADER} with the webhook secret; or use it as the password of basic authentication.`,
    'Select the events of the list.',
  ],
  events: ['Delivery', 'Bounce', 'Spam Complaint', 'Subscription Change'],
  settings: z.object({
    message_stream: plainText(100)
      .trim()
      .optional()
      .meta({ title: 'Message stream', description: 'Default: `outbound`.' }),
    base_url: baseUrlSetting(POSTMARK_URL),
    ...ACCOUNT_SETTINGS,
  }),
  secrets: z.object({
    server_token: plainText(200).trim().meta({ title: 'Server API token' }),
    webhook_secret: plainText(200).min(16, 'must have at least 16 characters').meta({
      title: 'Webhook secret',
      description: 'Postmark sends it with each webhook.',
    }),
  }),
  generate: { webhook_secret: () => randomBytes(32).toString('base64url') },
  scopes: ['emails:send'],
  inbound: [
    events,
    postmarkInbound((request, { secrets }) => verifyPostmark(request, secrets['webhook_secret'] ?? '')),
  ],
  canRepeat: true,
  test: (values, services) => testPostmark(values, services),
};
