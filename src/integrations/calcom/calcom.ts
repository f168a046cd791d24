import type { Integration } from '../integration.ts';
import { calcomConnection } from './calcom-connection.ts';

/** Bookings of Cal.com become appointments. */
export const calcom: Integration = {
  name: 'calcom',
  label: 'Cal.com',
  docs: 'docs/integrations/calcom.md',
  connection: calcomConnection,
};
