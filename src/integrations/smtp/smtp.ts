import type { Integration } from '../integration.ts';
import { smtpConnection } from './smtp-connection.ts';
import { smtpProvider } from './smtp-provider.ts';
import { makeSmtp } from './smtp-transport.ts';

export const smtp: Integration = {
  name: 'smtp',
  label: 'SMTP',
  docs: 'docs/integrations/smtp.md',
  connection: smtpConnection,
  emailProvider: smtpProvider,
  mailTransport: { schemes: ['smtp:', 'smtps:'], make: (smtpUrl, dial) => makeSmtp({ smtpUrl, dial }) },
};
