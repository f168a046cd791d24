import type { Integration } from '../integration.ts';
import { paypalConnection } from './paypal-connection.ts';

export const paypal: Integration = {
  name: 'paypal',
  label: 'PayPal',
  docs: 'docs/integrations/paypal.md',
  connection: paypalConnection,
};
