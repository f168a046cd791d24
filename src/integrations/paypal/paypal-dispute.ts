import type { DisputeStatus, ProviderFact } from '../../payments/provider-fact.ts';
import {
  defined,
  listOf,
  moneyOf,
  objectOf,
  required,
  textOf,
  timeOf,
  type PaypalEvent,
} from './paypal-resource.ts';

const STATUSES = new Map<string, DisputeStatus>([
  ['OPEN', 'needs_response'],
  ['WAITING_FOR_SELLER_RESPONSE', 'needs_response'],
  ['WAITING_FOR_BUYER_RESPONSE', 'under_review'],
  ['UNDER_REVIEW', 'under_review'],
  ['OTHER', 'under_review'],
  ['RESOLVED', 'closed'],
]);

/** By the outcome of a resolved dispute. With a payout PayPal pays the buyer, and the seller keeps the money. */
const OUTCOMES = new Map<string, DisputeStatus>([
  ['RESOLVED_BUYER_FAVOUR', 'lost'],
  ['ACCEPTED', 'lost'],
  ['RESOLVED_SELLER_FAVOUR', 'won'],
  ['RESOLVED_WITH_PAYOUT', 'won'],
  ['CANCELED_BY_BUYER', 'won'],
  ['DENIED', 'won'],
]);

/** A dispute of one payment, or of several: then each has one of its own. */
export function translateDispute(event: PaypalEvent): ProviderFact[] {
  const { at, resource } = event;
  const disputeId = required(textOf(resource['dispute_id'] ?? resource['id']), 'resource.dispute_id');
  const transactions = listOf(resource['disputed_transactions']).flatMap((transaction) => {
    const paymentId = textOf(transaction['seller_transaction_id']);
    return paymentId === undefined ? [] : [{ ...transaction, paymentId }];
  });
  const whole = moneyOf(resource['dispute_amount'], 'resource.dispute_amount');
  return transactions.flatMap(({ paymentId, ...transaction }): ProviderFact[] => {
    const isOnly = transactions.length === 1;
    const { gross_amount: gross } = transaction as { gross_amount?: unknown };
    const part = moneyOf(gross, 'resource.disputed_transactions.gross_amount');
    const amount = isOnly ? (whole ?? part) : part;
    if (!amount) return [];
    return [
      {
        kind: 'dispute',
        at,
        paymentId,
        disputeId: isOnly ? disputeId : `${disputeId}/${paymentId}`,
        status: statusOf(event),
        amount,
        isInquiry: resource['dispute_life_cycle_stage'] === 'INQUIRY',
        ...defined({
          reason: textOf(resource['reason'])?.toLowerCase(),
          evidenceDueAt: timeOf(resource['seller_response_due_date']),
        }),
      },
    ];
  });
}

function statusOf({ type, resource }: PaypalEvent): DisputeStatus {
  const { outcome_code: outcome } = objectOf(resource['dispute_outcome']);
  const isResolved = type === 'CUSTOMER.DISPUTE.RESOLVED' || resource['status'] === 'RESOLVED';
  if (isResolved) return OUTCOMES.get(textOf(outcome) ?? '') ?? 'closed';
  return STATUSES.get(textOf(resource['status']) ?? '') ?? 'needs_response';
}
