import { invalid } from '../../base/errors.ts';
import type {
  AttemptFact,
  AttemptStatus,
  PaymentFact,
  ProviderFact,
  RefundStatus,
} from '../../payments/provider-fact.ts';
import {
  defined,
  idOf,
  linkedId,
  moneyOf,
  objectOf,
  payerOf,
  referencesOf,
  required,
  textOf,
  type PaypalEvent,
} from './paypal-resource.ts';

/** Captures are of the present API, sales of the first one; subscriptions are still paid by sales. */
const CAPTURES = /captures?|sales?/;

/** A capture or a sale: one attempt, which is the payment. */
export function translatePayment(event: PaypalEvent, status: AttemptStatus): ProviderFact[] {
  const { at, resource } = event;
  const paymentId = idOf(event);
  const attempt: AttemptFact = {
    kind: 'attempt',
    at,
    paymentId,
    attemptId: paymentId,
    status,
    amount: required(moneyOf(resource['amount'], 'resource.amount'), 'resource.amount'),
    ...(status === 'failed' && { failureCode: failureOf(event), failureMessage: null }),
  };
  return [attempt, detailsOf(event, paymentId)];
}

/** The resource of a refund is the refund; its link names the payment. */
export function translateRefund(event: PaypalEvent, isReversal: boolean): ProviderFact[] {
  const { at, resource } = event;
  const { links } = resource;
  const id = idOf(event);
  // Some reversals have the payment itself as their resource.
  const isPayment = linkedId(links, ['self'], CAPTURES) === id;
  const paymentId = isPayment ? id : paidWith(event);
  return [
    {
      kind: 'refund',
      at,
      paymentId,
      refundId: isPayment ? `${id}/reversal` : id,
      status: isPayment ? 'succeeded' : refundStatusOf(textOf(resource['status'] ?? resource['state'])),
      amount: required(moneyOf(resource['amount'], 'resource.amount'), 'resource.amount'),
      reason: reasonOf(event) ?? (isReversal ? 'reversal' : null),
      ...(isReversal && { isReversal }),
    },
  ];
}

/** The fee, and what the payment is matched by. */
function detailsOf({ at, resource }: PaypalEvent, paymentId: string): PaymentFact {
  const breakdown = objectOf(resource['seller_receivable_breakdown']);
  const { order_id: orderId } = objectOf(objectOf(resource['supplementary_data'])['related_ids']);
  const custom = textOf(resource['custom_id'] ?? resource['custom']);
  return {
    kind: 'payment',
    at,
    paymentId,
    methodType: 'paypal',
    ...payerOf(resource['payer']),
    ...referencesOf(custom),
    ...defined({
      fee:
        moneyOf(breakdown['paypal_fee'], 'resource.seller_receivable_breakdown.paypal_fee') ??
        moneyOf(resource['transaction_fee'], 'resource.transaction_fee'),
      invoiceId: textOf(resource['invoice_id'] ?? resource['invoice_number']),
      subscriptionId: textOf(resource['billing_agreement_id']),
      linkId:
        textOf(orderId) ??
        linkedId(resource['links'], ['up'], /orders/) ??
        textOf(resource['parent_payment']),
      metadata: custom === undefined ? undefined : { custom_id: custom },
    }),
  };
}

/** Throws `validation_error` if the refund does not say which payment it is of. */
function paidWith({ resource }: PaypalEvent): string {
  const paymentId =
    linkedId(resource['links'], ['up', 'sale', 'capture'], CAPTURES) ??
    textOf(resource['capture_id'] ?? resource['sale_id']);
  if (paymentId === undefined) throw invalid('resource.links', 'must have the link `up` to the capture');
  return paymentId;
}

const REFUND_STATUSES = new Map<string, RefundStatus>([
  ['COMPLETED', 'succeeded'],
  ['PARTIALLY_COMPLETED', 'succeeded'],
  ['PENDING', 'pending'],
  ['FAILED', 'failed'],
  ['CANCELLED', 'canceled'],
]);

function refundStatusOf(sent: string | undefined): RefundStatus {
  return REFUND_STATUSES.get((sent ?? '').toUpperCase()) ?? 'succeeded';
}

function failureOf({ resource }: PaypalEvent): string | null {
  const { reason } = objectOf(resource['status_details']);
  const { response_code: code } = objectOf(resource['processor_response']);
  return textOf(reason) ?? textOf(code) ?? textOf(resource['reason_code']) ?? null;
}

const MAX_REASON = 200;

function reasonOf({ resource }: PaypalEvent): string | undefined {
  return textOf(resource['reason'] ?? resource['reason_code'] ?? resource['note_to_payer'])?.slice(
    0,
    MAX_REASON,
  );
}
