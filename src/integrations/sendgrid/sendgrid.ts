import type { Integration } from '../integration.ts';
import { sendgridConnection } from './sendgrid-connection.ts';
import { sendgridProvider } from './sendgrid-provider.ts';

/** Mail by SendGrid. */
export const sendgrid: Integration = {
  name: 'sendgrid',
  label: 'SendGrid',
  docs: 'docs/integrations/sendgrid.md',
  connection: sendgridConnection,
  emailProvider: sendgridProvider,
  receivedMailPath: 'inbound',
};
