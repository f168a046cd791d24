import type { Integration } from '../integration.ts';
import { calendlyConnection } from './calendly-connection.ts';

/** Bookings of Calendly become appointments. */
export const calendly: Integration = {
  name: 'calendly',
  label: 'Calendly',
  docs: 'docs/integrations/calendly.md',
  connection: calendlyConnection,
};
