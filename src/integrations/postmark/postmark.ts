import type { Integration } from '../integration.ts';
import { postmarkConnection } from './postmark-connection.ts';
import { postmarkProvider } from './postmark-provider.ts';

/** Mail by Postmark. */
export const postmark: Integration = {
  name: 'postmark',
  label: 'Postmark',
  docs: 'docs/integrations/postmark.md',
  connection: postmarkConnection,
  emailProvider: postmarkProvider,
  receivedMailPath: 'inbound',
};
