import type { Integration } from '../integration.ts';
import { telnyxProvider } from './telnyx-api.ts';
import { telnyxConnection } from './telnyx-connection.ts';

/** Text messages of Telnyx accounts. */
export const telnyx: Integration = {
  name: 'telnyx',
  label: 'Telnyx',
  docs: 'docs/integrations/telnyx.md',
  connection: telnyxConnection,
  phoneProvider: telnyxProvider,
};
