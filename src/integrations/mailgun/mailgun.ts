import type { Integration } from '../integration.ts';
import { mailgunConnection } from './mailgun-connection.ts';
import { mailgunProvider } from './mailgun-provider.ts';

/** Mail by Mailgun. */
export const mailgun: Integration = {
  name: 'mailgun',
  label: 'Mailgun',
  docs: 'docs/integrations/mailgun.md',
  connection: mailgunConnection,
  emailProvider: mailgunProvider,
  receivedMailPath: 'mime',
};
