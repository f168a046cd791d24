import type { Integration } from '../integration.ts';
import { resendConnection } from './resend-connection.ts';
import { resendProvider } from './resend-provider.ts';

/** Mail by Resend. */
export const resend: Integration = {
  name: 'resend',
  label: 'Resend',
  docs: 'docs/integrations/resend.md',
  connection: resendConnection,
  emailProvider: resendProvider,
  receivedMailPath: '',
};
