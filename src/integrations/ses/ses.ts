import type { Integration } from '../integration.ts';
import { sesConnection } from './ses-connection.ts';
import { sesProvider } from './ses-provider.ts';

/** Mail by Amazon SES. */
export const ses: Integration = {
  name: 'ses',
  label: 'Amazon SES',
  docs: 'docs/integrations/ses.md',
  connection: sesConnection,
  emailProvider: sesProvider,
  receivedMailPath: '',
};
