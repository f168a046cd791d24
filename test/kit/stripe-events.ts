/** A snapshot event of Stripe: https://docs.stripe.com/api/events/object */
export interface StripeBody {
  id: string;
  object: 'event';
  api_version: string;
  /** Seconds since 1970. */
  created: number;
  livemode: boolean;
  type: string;
  pending_webhooks: number;
  request: { id: string | null; idempotency_key: string | null };
  data: { object: Record<string, unknown>; previous_attributes?: Record<string, unknown> };
}

type Values = Record<string, unknown>;

/** @param n numbers the event, so that its id is the same in each run */
export function stripeEvent(
  n: string | number,
  type: string,
  created: number,
  object: Values,
  previous?: Values,
): StripeBody {
  return {
    id: `evt_${n}`,
    object: 'event',
    api_version: '2026-07-29.dahlia',
    created,
    livemode: true,
    type,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    data: { object, ...(previous && { previous_attributes: previous }) },
  };
}

export function paymentIntent(id: string, amount: number, currency: string, more: Values = {}): Values {
  return {
    id,
    object: 'payment_intent',
    amount,
    amount_received: 0,
    currency,
    customer: null,
    description: null,
    last_payment_error: null,
    latest_charge: null,
    metadata: {},
    receipt_email: null,
    status: 'requires_payment_method',
    ...more,
  };
}

export function charge(
  id: string,
  intent: string | null,
  amount: number,
  currency: string,
  more: Values = {},
): Values {
  return {
    id,
    object: 'charge',
    amount,
    amount_captured: amount,
    amount_refunded: 0,
    balance_transaction: null,
    billing_details: { email: null, name: null, phone: null },
    captured: true,
    currency,
    customer: null,
    description: null,
    failure_code: null,
    failure_message: null,
    metadata: {},
    paid: true,
    payment_intent: intent,
    payment_method_details: { type: 'card', card: { brand: 'visa', last4: '4242' } },
    receipt_email: null,
    receipt_url: null,
    refunded: false,
    status: 'succeeded',
    ...more,
  };
}

export function refund(
  id: string,
  intent: string,
  chargeId: string,
  amount: number,
  currency: string,
  more: Values = {},
): Values {
  return {
    id,
    object: 'refund',
    amount,
    charge: chargeId,
    currency,
    metadata: {},
    payment_intent: intent,
    reason: 'requested_by_customer',
    status: 'succeeded',
    ...more,
  };
}

export function dispute(
  id: string,
  intent: string,
  chargeId: string,
  amount: number,
  currency: string,
  more: Values = {},
): Values {
  return {
    id,
    object: 'dispute',
    amount,
    charge: chargeId,
    currency,
    evidence_details: { due_by: 1_781_000_000, has_evidence: false, past_due: false, submission_count: 0 },
    is_charge_refundable: false,
    payment_intent: intent,
    reason: 'fraudulent',
    status: 'needs_response',
    ...more,
  };
}

export function customer(id: string, email: string, name: string): Values {
  return { id, object: 'customer', email, name, phone: null, metadata: {} };
}

/** With the current period at its item, as in API versions since 2025-03-31. */
export function stripeSubscription(
  id: string,
  customerId: string,
  status: string,
  more: Values = {},
): Values {
  return {
    id,
    object: 'subscription',
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    cancellation_details: { comment: null, feedback: null, reason: null },
    currency: 'eur',
    customer: customerId,
    ended_at: null,
    items: {
      object: 'list',
      data: [
        {
          id: `si_${id}`,
          object: 'subscription_item',
          current_period_end: 1_783_000_000,
          price: {
            id: 'price_gym',
            object: 'price',
            currency: 'eur',
            nickname: 'Gym',
            recurring: { interval: 'month', interval_count: 1 },
            unit_amount: 2900,
          },
          quantity: 1,
        },
      ],
    },
    latest_invoice: null,
    metadata: {},
    start_date: 1_780_000_000,
    status,
    trial_end: null,
    ...more,
  };
}

/** As in API versions since 2025-03-31: what paid it is in `invoice_payment.paid`. */
export function invoice(
  id: string,
  customerId: string,
  amount: number,
  currency: string,
  more: Values = {},
): Values {
  return {
    id,
    object: 'invoice',
    amount_due: amount,
    amount_paid: 0,
    attempt_count: 0,
    billing_reason: 'manual',
    currency,
    customer: customerId,
    customer_email: null,
    customer_name: null,
    hosted_invoice_url: null,
    metadata: {},
    next_payment_attempt: null,
    number: `R-${id}`,
    parent: null,
    status: 'open',
    total: amount,
    ...more,
  };
}

/** The `parent` of an invoice of a subscription. */
export function ofSubscription(subscriptionId: string): Values {
  return {
    parent: {
      type: 'subscription_details',
      subscription_details: { subscription: subscriptionId, metadata: {} },
    },
  };
}

export function invoicePayment(
  id: string,
  invoiceId: string,
  intent: string,
  amount: number,
  currency: string,
): Values {
  return {
    id,
    object: 'invoice_payment',
    amount_paid: amount,
    amount_requested: amount,
    currency,
    invoice: invoiceId,
    is_default: true,
    payment: { type: 'payment_intent', payment_intent: intent },
    status: 'paid',
  };
}
