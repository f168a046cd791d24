import type { Integration } from '../integration.ts';
import { stripeConnection } from './stripe-connection.ts';
import { stripeSource } from './stripe-source.ts';

/** Payments of Stripe accounts. */
export const stripe: Integration = {
  name: 'stripe',
  label: 'Stripe',
  docs: 'docs/integrations/stripe.md',
  connection: stripeConnection,
  paymentSource: stripeSource,
};
