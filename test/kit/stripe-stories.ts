import { PAYER_EMAIL, type PaymentStory } from './payment-story.ts';
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
} from './stripe-events.ts';

/** Seconds since 1970. Some events of a story have the same second. */
const T = 1_780_000_000;
const HOUR = 3_600;

const EMAIL = PAYER_EMAIL;
const NAME = 'Jane Doe';
const DECLINED = {
  code: 'card_declined',
  decline_code: 'insufficient_funds',
  message: 'Your card has insufficient funds.',
};
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

const OLD_INVOICE = { subscription: 'sub_~', payment_intent: 'pi_~', ...SUBSCRIBED };
const OLD_CHARGE = { ...BILLED, invoice: 'in_~' };

const secondAttempt: PaymentStory = {
  name: 'a subscription that the second attempt pays, in an API version before 2025-03-31',
  provider: 'stripe',
  events: [
    stripeEvent('~1', 'customer.subscription.created', T, oldSubscription('past_due')),
    stripeEvent('~2', 'charge.failed', T, { ...failedCharge('ch_1~', 'pi_~', 2900, 'eur'), invoice: 'in_~' }),
    stripeEvent('~3', 'payment_intent.payment_failed', T, {
      ...failedIntent('pi_~', 'ch_1~', 2900, 'eur'),
      invoice: 'in_~',
    }),
    stripeEvent('~4', 'invoice.payment_failed', T, {
      ...invoice('in_~', 'cus_~', 2900, 'eur', { ...OLD_INVOICE, charge: 'ch_1~' }),
      attempt_count: 1,
    }),
    stripeEvent('~5', 'charge.succeeded', T + 24 * HOUR, charge('ch_2~', 'pi_~', 2900, 'eur', OLD_CHARGE)),
    stripeEvent('~6', 'payment_intent.succeeded', T + 24 * HOUR, {
      ...paid('pi_~', 'ch_2~', 2900, 'eur'),
      invoice: 'in_~',
    }),
    ...['invoice.paid', 'invoice.payment_succeeded'].map((type, n) =>
      stripeEvent(`~7${n}`, type, T + 24 * HOUR, {
        ...invoice('in_~', 'cus_~', 2900, 'eur', { ...OLD_INVOICE, charge: 'ch_2~' }),
        amount_paid: 2900,
        attempt_count: 2,
        status: 'paid',
      }),
    ),
    stripeEvent('~8', 'customer.subscription.updated', T + 24 * HOUR, oldSubscription('active'), {
      status: 'past_due',
    }),
  ],
  fires: ['payment.failed 29.00 EUR', 'payment.received 29.00 EUR', 'subscription.created'],
  ends: ['payment received', 'subscription active'],
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

export const STRIPE_STORIES: readonly PaymentStory[] = [
  pay,
  failThenPay,
  refundedInParts,
  refundFailed,
  disputeLost,
  cancelledAtPeriodEnd,
  neverPaid,
  secondAttempt,
  outOfBand,
];

/** The current period is that of the subscription. */
function oldSubscription(status: string): Record<string, unknown> {
  const { items, ...values } = stripeSubscription('sub_~', 'cus_~', status);
  const { data, ...list } = items as { data: Record<string, unknown>[] };
  const [{ current_period_end: end, ...item }] = data as [Record<string, unknown>];
  return { ...values, current_period_end: end, items: { ...list, data: [item] } };
}

function paid(id: string, chargeId: string, amount: number, currency: string): Record<string, unknown> {
  return paymentIntent(id, amount, currency, {
    amount_received: amount,
    customer: 'cus_~',
    latest_charge: chargeId,
    status: 'succeeded',
  });
}

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
