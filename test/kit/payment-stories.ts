import {
  capture,
  captureRefund,
  order,
  paypalEvent,
  sale,
  subscription,
  usd,
  type PaypalBody,
} from './paypal-events.ts';
import {
  charge,
  customer,
  dispute,
  invoice,
  invoicePayment,
  ofSubscription,
  paymentIntent,
  refund,
  stripeEvent,
  stripeSubscription,
  type StripeBody,
} from './stripe-events.ts';

/** What happens to a payment or a subscription, as its provider tells it. */
export interface PaymentStory {
  name: string;
  provider: 'stripe' | 'paypal';
  /** In the order in which they happened. `~` in ids and addresses is replaced, so that each run has its own. */
  events: readonly (StripeBody | PaypalBody)[];
  /** The events that a receiver gets, as `type amount currency`, in alphabetical order. */
  fires: readonly string[];
  /** The state at the end, as in `payment refunded` or `subscription canceled`, in alphabetical order. */
  ends: readonly string[];
}

/** Seconds since 1970. Some events of a story have the same second. */
const T = 1_780_000_000;
const HOUR = 3_600;

const EMAIL = 'jane~@example.com';
const NAME = 'Jane Doe';
const BILLED = { billing_details: { email: EMAIL, name: NAME, phone: null }, customer: 'cus_~' };

const pay: PaymentStory = {
  name: 'pay',
  provider: 'stripe',
  events: [
    stripeEvent('~1', 'customer.created', T, customer('cus_~', EMAIL, NAME)),
    stripeEvent('~2', 'payment_intent.created', T, paymentIntent('pi_~', 1999, 'eur', { customer: 'cus_~' })),
    stripeEvent('~3', 'charge.succeeded', T + 2, charge('ch_~', 'pi_~', 1999, 'eur', BILLED)),
    stripeEvent('~4', 'payment_intent.succeeded', T + 2, paid('pi_~', 'ch_~', 1999, 'eur')),
    stripeEvent('~5', 'checkout.session.completed', T + 3, {
      id: 'cs_~',
      object: 'checkout.session',
      amount_total: 1999,
      client_reference_id: null,
      currency: 'eur',
      customer: 'cus_~',
      customer_details: { email: EMAIL, name: NAME, phone: null },
      metadata: {},
      mode: 'payment',
      payment_intent: 'pi_~',
      payment_status: 'paid',
      subscription: null,
    }),
    stripeEvent('~6', 'charge.updated', T + 5, {
      ...charge('ch_~', 'pi_~', 1999, 'eur', BILLED),
      receipt_url: 'https://pay.stripe.com/receipts/1',
    }),
  ],
  fires: ['payment.received 19.99 EUR'],
  ends: ['payment received'],
};

const failThenPay: PaymentStory = {
  name: 'fail, then pay',
  provider: 'stripe',
  events: [
    stripeEvent('~1', 'charge.failed', T, failedCharge('ch_1~', 'pi_~', 5000, 'jpy')),
    stripeEvent('~2', 'payment_intent.payment_failed', T, failedIntent('pi_~', 'ch_1~', 5000, 'jpy')),
    stripeEvent('~3', 'charge.succeeded', T + 60, charge('ch_2~', 'pi_~', 5000, 'jpy', BILLED)),
    stripeEvent('~4', 'payment_intent.succeeded', T + 60, paid('pi_~', 'ch_2~', 5000, 'jpy')),
  ],
  fires: ['payment.failed 5000 JPY', 'payment.received 5000 JPY'],
  ends: ['payment received'],
};

const refundedInParts: PaymentStory = {
  name: 'two partial refunds, then the rest',
  provider: 'stripe',
  events: [
    stripeEvent('~1', 'charge.succeeded', T, charge('ch_~', 'pi_~', 100_000, 'kwd', BILLED)),
    stripeEvent('~2', 'payment_intent.succeeded', T, paid('pi_~', 'ch_~', 100_000, 'kwd')),
    ...[
      [1, 0, 30_000],
      [2, 30_000, 50_000],
      [3, 50_000, 100_000],
    ].flatMap(([n, before, after]) => {
      const at = T + n! * HOUR;
      const id = `re_${n}~`;
      const partial = refund(id, 'pi_~', 'ch_~', after! - before!, 'kwd');
      return [
        stripeEvent(`~${n}a`, 'refund.created', at, partial),
        stripeEvent(
          `~${n}b`,
          'charge.refunded',
          at,
          charge('ch_~', 'pi_~', 100_000, 'kwd', {
            ...BILLED,
            amount_refunded: after,
            refunded: after === 100_000,
          }),
          { amount_refunded: before },
        ),
        stripeEvent(`~${n}c`, 'refund.updated', at + 1, {
          ...partial,
          destination_details: { type: 'card' },
        }),
      ];
    }),
  ],
  fires: [
    'payment.received 100.000 KWD',
    'payment.refunded 20.000 KWD',
    'payment.refunded 30.000 KWD',
    'payment.refunded 50.000 KWD',
  ],
  ends: ['payment refunded'],
};

/** Stripe counts krónur in hundredths that do not exist. */
const refundFailed: PaymentStory = {
  name: 'a refund that fails',
  provider: 'stripe',
  events: [
    stripeEvent('~1', 'charge.succeeded', T, charge('ch_~', 'pi_~', 500_000, 'isk', BILLED)),
    stripeEvent('~2', 'payment_intent.succeeded', T, paid('pi_~', 'ch_~', 500_000, 'isk')),
    stripeEvent(
      '~3',
      'refund.created',
      T + HOUR,
      refund('re_~', 'pi_~', 'ch_~', 500_000, 'isk', { status: 'pending' }),
    ),
    stripeEvent(
      '~4',
      'charge.refunded',
      T + HOUR,
      charge('ch_~', 'pi_~', 500_000, 'isk', { ...BILLED, amount_refunded: 500_000, refunded: true }),
      { amount_refunded: 0 },
    ),
    ...['refund.updated', 'charge.refund.updated', 'refund.failed'].map((type, n) =>
      stripeEvent(
        `~5${n}`,
        type,
        T + 48 * HOUR,
        refund('re_~', 'pi_~', 'ch_~', 500_000, 'isk', {
          status: 'failed',
          failure_reason: 'expired_or_canceled_card',
        }),
        { status: 'pending' },
      ),
    ),
  ],
  fires: ['payment.received 5000 ISK', 'payment.refunded 5000 ISK'],
  ends: ['payment received'],
};

const disputeLost: PaymentStory = {
  name: 'a dispute that is lost',
  provider: 'stripe',
  events: [
    stripeEvent('~1', 'charge.succeeded', T, charge('ch_~', 'pi_~', 4200, 'usd', BILLED)),
    stripeEvent('~2', 'payment_intent.succeeded', T, paid('pi_~', 'ch_~', 4200, 'usd')),
    stripeEvent('~3', 'charge.dispute.created', T + HOUR, dispute('dp_~', 'pi_~', 'ch_~', 4200, 'usd')),
    stripeEvent(
      '~4',
      'charge.dispute.funds_withdrawn',
      T + HOUR,
      dispute('dp_~', 'pi_~', 'ch_~', 4200, 'usd'),
    ),
    stripeEvent(
      '~5',
      'charge.dispute.updated',
      T + 2 * HOUR,
      dispute('dp_~', 'pi_~', 'ch_~', 4200, 'usd', { status: 'under_review' }),
      { status: 'needs_response' },
    ),
    stripeEvent(
      '~6',
      'charge.dispute.closed',
      T + 3 * HOUR,
      dispute('dp_~', 'pi_~', 'ch_~', 4200, 'usd', { status: 'lost' }),
    ),
  ],
  fires: ['payment.received 42.00 USD'],
  ends: ['payment received'],
};

const SUBSCRIBED = { customer_email: EMAIL, customer_name: NAME, billing_reason: 'subscription_cycle' };

const cancelledAtPeriodEnd: PaymentStory = {
  name: 'a trial, then active, then cancelled at the end of the period',
  provider: 'stripe',
  events: [
    stripeEvent('~1', 'customer.created', T, customer('cus_~', EMAIL, NAME)),
    stripeEvent(
      '~2',
      'customer.subscription.created',
      T,
      stripeSubscription('sub_~', 'cus_~', 'trialing', { trial_end: T + 24 * HOUR }),
    ),
    // Nothing is due during the trial.
    stripeEvent('~3', 'invoice.paid', T, {
      ...invoice('in_1~', 'cus_~', 0, 'eur', { ...SUBSCRIBED, ...ofSubscription('sub_~') }),
      status: 'paid',
    }),
    stripeEvent('~4', 'charge.succeeded', T + 24 * HOUR, charge('ch_~', 'pi_~', 2900, 'eur', BILLED)),
    stripeEvent('~5', 'payment_intent.succeeded', T + 24 * HOUR, paid('pi_~', 'ch_~', 2900, 'eur')),
    ...['invoice.paid', 'invoice.payment_succeeded'].map((type, n) =>
      stripeEvent(`~6${n}`, type, T + 24 * HOUR, {
        ...invoice('in_2~', 'cus_~', 2900, 'eur', { ...SUBSCRIBED, ...ofSubscription('sub_~') }),
        amount_paid: 2900,
        attempt_count: 1,
        status: 'paid',
      }),
    ),
    stripeEvent(
      '~7',
      'invoice_payment.paid',
      T + 24 * HOUR,
      invoicePayment('inpay_~', 'in_2~', 'pi_~', 2900, 'eur'),
    ),
    stripeEvent(
      '~8',
      'customer.subscription.updated',
      T + 24 * HOUR,
      stripeSubscription('sub_~', 'cus_~', 'active', { trial_end: T + 24 * HOUR }),
      { status: 'trialing' },
    ),
    stripeEvent(
      '~9',
      'customer.subscription.updated',
      T + 48 * HOUR,
      stripeSubscription('sub_~', 'cus_~', 'active', {
        trial_end: T + 24 * HOUR,
        cancel_at_period_end: true,
        cancel_at: T + 72 * HOUR,
        canceled_at: T + 48 * HOUR,
        cancellation_details: { comment: null, feedback: 'too_expensive', reason: 'cancellation_requested' },
      }),
      { cancel_at_period_end: false, cancel_at: null, canceled_at: null },
    ),
    stripeEvent(
      '~10',
      'customer.subscription.deleted',
      T + 72 * HOUR,
      stripeSubscription('sub_~', 'cus_~', 'canceled', {
        trial_end: T + 24 * HOUR,
        cancel_at_period_end: true,
        cancel_at: T + 72 * HOUR,
        canceled_at: T + 48 * HOUR,
        ended_at: T + 72 * HOUR,
        cancellation_details: { comment: null, feedback: 'too_expensive', reason: 'cancellation_requested' },
      }),
    ),
  ],
  fires: ['payment.received 29.00 EUR', 'subscription.canceled', 'subscription.created'],
  ends: ['payment received', 'subscription canceled'],
};

const neverPaid: PaymentStory = {
  name: 'a subscription that is never paid',
  provider: 'stripe',
  events: [
    stripeEvent('~1', 'customer.subscription.created', T, stripeSubscription('sub_~', 'cus_~', 'incomplete')),
    stripeEvent('~2', 'charge.failed', T, failedCharge('ch_~', 'pi_~', 2900, 'eur')),
    stripeEvent('~3', 'payment_intent.payment_failed', T, failedIntent('pi_~', 'ch_~', 2900, 'eur')),
    stripeEvent('~4', 'invoice.payment_failed', T, {
      ...invoice('in_~', 'cus_~', 2900, 'eur', { ...SUBSCRIBED, ...ofSubscription('sub_~') }),
      attempt_count: 1,
      billing_reason: 'subscription_create',
    }),
    stripeEvent(
      '~5',
      'customer.subscription.updated',
      T + 23 * HOUR,
      stripeSubscription('sub_~', 'cus_~', 'incomplete_expired', { ended_at: T + 23 * HOUR }),
      { status: 'incomplete' },
    ),
  ],
  fires: ['payment.failed 29.00 EUR', 'subscription.canceled', 'subscription.created'],
  ends: ['payment failed', 'subscription canceled'],
};

const outOfBand: PaymentStory = {
  name: 'an invoice paid by bank transfer',
  provider: 'stripe',
  events: ['invoice.finalized', 'invoice.paid', 'invoice.payment_succeeded'].map((type, n) =>
    stripeEvent(`~${n}`, type, T + n, {
      ...invoice('in_~', 'cus_~', 12_000, 'eur', { customer_email: EMAIL, customer_name: NAME }),
      ...(n > 0 && { amount_paid: 12_000, paid_out_of_band: true, status: 'paid' }),
    }),
  ),
  fires: ['payment.received 120.00 EUR'],
  ends: ['payment received'],
};

const PAYER = {
  payer: {
    email_address: EMAIL,
    payer_id: 'PAYER~',
    name: { given_name: 'Jane', surname: 'Doe' },
    address: { country_code: 'US' },
  },
};
const ORDERED = { supplementary_data: { related_ids: { order_id: 'ORDER~' } } };

const paypalCapture: PaymentStory = {
  name: 'a capture that is pending first',
  provider: 'paypal',
  events: [
    paypalEvent('~1', 'CHECKOUT.ORDER.APPROVED', '2026-06-01T10:00:00Z', {
      ...order('ORDER~', []),
      ...PAYER,
    }),
    paypalEvent('~2', 'PAYMENT.CAPTURE.PENDING', '2026-06-01T10:00:02Z', {
      ...capture('CAP~', usd('25.50'), { ...ORDERED, status: 'PENDING' }),
      status_details: { reason: 'PENDING_REVIEW' },
    }),
    paypalEvent('~3', 'PAYMENT.CAPTURE.COMPLETED', '2026-06-01T12:00:00Z', {
      ...capture('CAP~', usd('25.50'), ORDERED),
      seller_receivable_breakdown: {
        gross_amount: usd('25.50'),
        paypal_fee: usd('1.24'),
        net_amount: usd('24.26'),
      },
    }),
    paypalEvent('~4', 'CHECKOUT.ORDER.COMPLETED', '2026-06-01T12:00:01Z', {
      ...order('ORDER~', ['CAP~']),
      ...PAYER,
    }),
  ],
  fires: ['payment.received 25.50 USD'],
  ends: ['payment received'],
};

const paypalReversal: PaymentStory = {
  name: 'a capture that is reversed after a dispute',
  provider: 'paypal',
  events: [
    paypalEvent('~1', 'CHECKOUT.ORDER.APPROVED', '2026-06-01T10:00:00Z', {
      ...order('ORDER~', ['CAP~']),
      ...PAYER,
    }),
    paypalEvent(
      '~2',
      'PAYMENT.CAPTURE.COMPLETED',
      '2026-06-01T10:00:02Z',
      capture('CAP~', usd('80.00'), ORDERED),
    ),
    ...[
      ['CREATED', 'OPEN', undefined],
      ['UPDATED', 'UNDER_REVIEW', undefined],
      ['RESOLVED', 'RESOLVED', 'RESOLVED_BUYER_FAVOUR'],
    ].map(([type, status, outcome], n) =>
      paypalEvent(`~3${n}`, `CUSTOMER.DISPUTE.${type}`, `2026-06-0${n + 2}T10:00:00Z`, {
        dispute_id: 'PP-D-~',
        disputed_transactions: [{ seller_transaction_id: 'CAP~' }],
        reason: 'UNAUTHORISED',
        dispute_life_cycle_stage: 'CHARGEBACK',
        dispute_amount: usd('80.00'),
        status,
        ...(outcome && { dispute_outcome: { outcome_code: outcome, amount_refunded: usd('80.00') } }),
      }),
    ),
    paypalEvent(
      '~4',
      'PAYMENT.CAPTURE.REVERSED',
      '2026-06-04T10:00:01Z',
      captureRefund('REV~', 'CAP~', usd('80.00')),
    ),
  ],
  fires: ['payment.received 80.00 USD', 'payment.refunded 80.00 USD'],
  ends: ['payment refunded'],
};

const SUBSCRIBER = { subscriber: PAYER.payer };

const paypalSubscription: PaymentStory = {
  name: 'a PayPal subscription with a payment that fails',
  provider: 'paypal',
  events: [
    paypalEvent('~1', 'BILLING.SUBSCRIPTION.CREATED', '2026-06-01T09:59:00Z', {
      ...subscription('I-~', 'APPROVAL_PENDING', SUBSCRIBER),
    }),
    paypalEvent(
      '~2',
      'BILLING.SUBSCRIPTION.ACTIVATED',
      '2026-06-01T10:00:00Z',
      subscription('I-~', 'ACTIVE', SUBSCRIBER),
    ),
    paypalEvent(
      '~3',
      'PAYMENT.SALE.COMPLETED',
      '2026-06-01T10:00:00Z',
      sale('S1~', '9.99', { billing_agreement_id: 'I-~' }),
    ),
    paypalEvent('~4', 'BILLING.SUBSCRIPTION.PAYMENT.FAILED', '2026-07-01T10:00:00Z', {
      ...subscription('I-~', 'ACTIVE', SUBSCRIBER),
      billing_info: {
        failed_payments_count: 1,
        last_failed_payment: {
          amount: usd('9.99'),
          time: '2026-07-01T09:59:58Z',
          reason_code: 'PAYMENT_DENIED',
        },
        next_billing_time: '2026-07-06T10:00:00Z',
      },
    }),
    paypalEvent(
      '~5',
      'PAYMENT.SALE.COMPLETED',
      '2026-07-06T10:00:00Z',
      sale('S2~', '9.99', { billing_agreement_id: 'I-~' }),
    ),
    paypalEvent('~6', 'BILLING.SUBSCRIPTION.CANCELLED', '2026-07-20T10:00:00Z', {
      ...subscription('I-~', 'CANCELLED', SUBSCRIBER),
      status_update_time: '2026-07-20T09:59:59Z',
      status_change_note: 'Moved away',
    }),
  ],
  fires: [
    'payment.failed 9.99 USD',
    'payment.received 9.99 USD',
    'payment.received 9.99 USD',
    'subscription.canceled',
    'subscription.created',
  ],
  ends: ['payment failed', 'payment received', 'payment received', 'subscription canceled'],
};

const paypalSuspension: PaymentStory = {
  name: 'a PayPal subscription that is suspended, activated again and suspended',
  provider: 'paypal',
  events: [
    ...[
      ['ACTIVATED', 'ACTIVE'],
      ['SUSPENDED', 'SUSPENDED'],
      ['RE-ACTIVATED', 'ACTIVE'],
      ['UPDATED', 'ACTIVE'],
      ['SUSPENDED', 'SUSPENDED'],
    ].map(([type, status], n) =>
      paypalEvent(
        `~${n}`,
        `BILLING.SUBSCRIPTION.${type}`,
        `2026-06-0${n + 1}T10:00:00Z`,
        subscription('I-~', status!, SUBSCRIBER),
      ),
    ),
    paypalEvent(
      '~9',
      'PAYMENT.SALE.COMPLETED',
      '2026-06-01T10:00:01Z',
      sale('S~', '9.99', { billing_agreement_id: 'I-~' }),
    ),
  ],
  fires: ['payment.received 9.99 USD', 'subscription.created'],
  ends: ['payment received', 'subscription paused'],
};

export const PAYMENT_STORIES: readonly PaymentStory[] = [
  pay,
  failThenPay,
  refundedInParts,
  refundFailed,
  disputeLost,
  cancelledAtPeriodEnd,
  neverPaid,
  outOfBand,
  paypalCapture,
  paypalReversal,
  paypalSubscription,
  paypalSuspension,
];

function paid(id: string, chargeId: string, amount: number, currency: string): Record<string, unknown> {
  return paymentIntent(id, amount, currency, {
    amount_received: amount,
    customer: 'cus_~',
    latest_charge: chargeId,
    status: 'succeeded',
  });
}

const DECLINED = {
  code: 'card_declined',
  decline_code: 'insufficient_funds',
  message: 'Your card has insufficient funds.',
};

function failedIntent(
  id: string,
  chargeId: string,
  amount: number,
  currency: string,
): Record<string, unknown> {
  return paymentIntent(id, amount, currency, {
    customer: 'cus_~',
    last_payment_error: { ...DECLINED, charge: chargeId, type: 'card_error' },
    latest_charge: chargeId,
  });
}

function failedCharge(id: string, intent: string, amount: number, currency: string): Record<string, unknown> {
  return charge(id, intent, amount, currency, {
    ...BILLED,
    amount_captured: 0,
    captured: false,
    failure_code: DECLINED.code,
    failure_message: DECLINED.message,
    outcome: { reason: DECLINED.decline_code, type: 'issuer_declined' },
    paid: false,
    status: 'failed',
  });
}
