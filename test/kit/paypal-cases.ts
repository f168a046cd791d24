import { PAYER_EMAIL, type PaymentCase } from './payment-case.ts';
import { capture, captureRefund, order, paypalEvent, sale, subscription, usd } from './paypal-events.ts';

const PAYER = {
  payer: {
    email_address: PAYER_EMAIL,
    payer_id: 'PAYER~',
    name: { given_name: 'Jane', surname: 'Doe' },
    address: { country_code: 'US' },
  },
};
const ORDERED = { supplementary_data: { related_ids: { order_id: 'ORDER~' } } };

const paypalCapture: PaymentCase = {
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

const paypalReversal: PaymentCase = {
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

const paypalSubscription: PaymentCase = {
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

const paypalSuspension: PaymentCase = {
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

export const PAYPAL_CASES: readonly PaymentCase[] = [
  paypalCapture,
  paypalReversal,
  paypalSubscription,
  paypalSuspension,
];
