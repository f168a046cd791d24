import { defineNoun, type InputOfNoun } from '../record/noun.ts';
import { checkManual, newByHand, updatedByHand } from './payment-by-hand.ts';
import {
  payerContextSample,
  PAYMENT_CONTEXT,
  paymentContextOutput,
  REFUND_CONTEXT,
  refundContextOutput,
  refundContextSample,
} from './payment-context.ts';
import { PAYMENT_FIELDS } from './payment-fields.ts';
import type { PaymentStatus } from './derived-payment.ts';

const PAID_AT = '2026-06-02T09:00:00.000Z';

/** Money that a contact has paid, or was asked for (PM1 to PM4). No card data is stored. */
export const payment = defineNoun({
  name: 'payment',
  plural: 'payments',
  label: 'Payment',
  pluralLabel: 'Payments',
  title: ['description', 'customer_email', 'external_id'],
  listed: ['amount', 'currency', 'status', 'contact_id', 'provider', 'paid_at'],
  subtitle: ['customer_email', 'status', 'provider'],
  isOnTimelines: true,
  minRole: 'manager',
  fields: PAYMENT_FIELDS,
  eventIds: { connection_id: 'connection' },

  derive: (next, before, { at }) => (before ? updatedByHand(next, before, at) : newByHand(next, at)),
  check: checkManual,

  descriptions: {
    updated: 'At least one field of a payment changed. Not fired when it is received, fails or is refunded.',
  },
  events: {
    received: {
      description: 'A payment was received: once a payment.',
      sample: { status: 'received' },
      context: payerContextSample,
      contextOutput: paymentContextOutput,
    },
    failed: {
      description: 'An attempt to collect a payment failed: once an attempt.',
      sample: {
        status: 'failed',
        amount_received: 0,
        paid_at: null,
        failed_at: PAID_AT,
        failure_code: 'card_declined',
        failure_message: 'Your card has insufficient funds.',
      },
      context: payerContextSample,
      contextOutput: paymentContextOutput,
    },
    refunded: {
      description: 'A payment was refunded, in part or in full: once a refund.',
      sample: {
        status: 'partially_refunded',
        amount_refunded: 10,
        last_refund_amount: 10,
        refunded_at: PAID_AT,
      },
      context: refundContextSample,
      contextOutput: refundContextOutput,
    },
  },
  contexts: {
    'payment.received': PAYMENT_CONTEXT,
    'payment.failed': PAYMENT_CONTEXT,
    'payment.refunded': REFUND_CONTEXT,
  },
  firesOnCreate: ({ status }) => ['payment.created', ...statusEvents(status)],
  fires(before, after) {
    const events = before.status === after.status ? [] : statusEvents(after.status);
    return events.length > 0 ? events : ['payment.updated'];
  },

  sample: { id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7d11' },
});

export type PaymentInput = InputOfNoun<typeof payment>;

function statusEvents(status: PaymentStatus): string[] {
  return status === 'received' || status === 'failed' ? [`payment.${status}`] : [];
}
