import type { PaypalBody } from './paypal-events.ts';
import type { StripeBody } from './stripe-events.ts';

/** What happens to a payment or a subscription, as its provider tells it. */
export interface PaymentCase {
  name: string;
  provider: 'stripe' | 'paypal';
  /** In the order in which they happened. `~` in ids and addresses is replaced, so that each run has its own. */
  events: readonly (StripeBody | PaypalBody)[];
  /** The events that a receiver gets, as `type amount currency`, in alphabetical order. */
  fires: readonly string[];
  /** The state at the end, as in `payment refunded` or `subscription canceled`, in alphabetical order. */
  ends: readonly string[];
}

/** Who pays in the cases. */
export const PAYER_EMAIL = 'jane~@example.com';
