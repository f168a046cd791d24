import type { Integration } from '../integration.ts';
import { twilioProvider } from './twilio-api.ts';
import { twilioConnection } from './twilio-connection.ts';

/** Text messages and calls of Twilio accounts. */
export const twilio: Integration = {
  name: 'twilio',
  label: 'Twilio',
  docs: 'docs/integrations/twilio.md',
  connection: twilioConnection,
  phoneProvider: twilioProvider,
};
