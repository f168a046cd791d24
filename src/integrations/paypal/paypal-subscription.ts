import {
  BILLING_INTERVALS,
  type BillingInterval,
  type ProviderFact,
  type SubscriptionFact,
  type SubscriptionStatus,
} from '../../payments/provider-fact.ts';
import { customerOf } from './paypal-order.ts';
import {
  countOf,
  defined,
  idOf,
  listOf,
  moneyOf,
  objectOf,
  payerOf,
  referencesOf,
  textOf,
  timeOf,
  type PaypalEvent,
} from './paypal-resource.ts';

/** `APPROVAL_PENDING` and `APPROVED` are missing: such a subscription has not begun, and may never begin. */
const STATUSES = new Map<string, SubscriptionStatus>([
  ['ACTIVE', 'active'],
  ['SUSPENDED', 'paused'],
  ['CANCELLED', 'canceled'],
  ['EXPIRED', 'canceled'],
]);

/** @param reported what the event's type says; else the status of the resource counts */
export function translateSubscription(
  event: PaypalEvent,
  reported?: 'ACTIVE' | 'SUSPENDED' | 'CANCELLED' | 'EXPIRED',
) {
  const { at, resource } = event;
  const sent = reported ?? textOf(resource['status'] ?? resource['state'])?.toUpperCase() ?? '';
  const status = STATUSES.get(sent);
  const payer = payerOf(resource['subscriber'] ?? resource['payer']);
  const ended = timeOf(resource['status_update_time']) ?? at;
  const fact: SubscriptionFact = {
    kind: 'subscription',
    at,
    subscriptionId: idOf(event),
    ...payer,
    ...referencesOf(resource['custom_id']),
    ...planOf(event),
    ...defined({
      status,
      startedAt: timeOf(resource['start_time'] ?? resource['start_date']),
      currentPeriodEnd: timeOf(objectOf(resource['billing_info'])['next_billing_time']),
    }),
    ...(status === 'canceled' && {
      canceledAt: ended,
      endedAt: ended,
      cancelReason: sent === 'EXPIRED' ? 'expired' : (textOf(resource['status_change_note']) ?? null),
    }),
  };
  return [fact, ...customerOf(at, payer)];
}

/** A payment of a subscription that failed: PayPal gives it no id, so that its time is its id. */
export function translateFailedPayment(event: PaypalEvent): ProviderFact[] {
  const { at, id, resource } = event;
  const failed = objectOf(objectOf(resource['billing_info'])['last_failed_payment']);
  const amount = moneyOf(failed['amount'], 'resource.billing_info.last_failed_payment.amount');
  const subscription = translateSubscription(event);
  if (!amount) return subscription;
  const subscriptionId = idOf(event);
  const paymentId = `${subscriptionId}/${textOf(failed['time']) ?? id}`;
  return [
    ...subscription,
    {
      kind: 'attempt',
      at,
      paymentId,
      attemptId: paymentId,
      status: 'failed',
      amount,
      failureCode: textOf(failed['reason_code']) ?? null,
      failureMessage: null,
    },
    { kind: 'payment', at, paymentId, methodType: 'paypal', subscriptionId },
  ];
}

/** What the subscription costs. Events contain the plan where the seller asked for it; its regular cycle counts. */
function planOf({ resource }: PaypalEvent): Partial<SubscriptionFact> {
  const plan = objectOf(resource['plan']);
  const cycles = listOf(plan['billing_cycles']);
  const cycle = objectOf(cycles.find(({ tenure_type: tenure }) => tenure === 'REGULAR') ?? cycles.at(-1));
  const { interval_unit: unit, interval_count: count } = objectOf(cycle['frequency']);
  const { fixed_price: price } = objectOf(cycle['pricing_scheme']);
  const quantity = countOf(resource['quantity']);
  const unitAmount = moneyOf(price, 'resource.plan.billing_cycles.pricing_scheme.fixed_price');
  const paid = objectOf(objectOf(resource['billing_info'])['last_payment']);
  return defined({
    priceId: textOf(resource['plan_id']),
    planName: textOf(plan['name']),
    quantity,
    amount: unitAmount
      ? { ...unitAmount, minor: unitAmount.minor * BigInt(quantity ?? 1) }
      : moneyOf(paid['amount'], 'resource.billing_info.last_payment.amount'),
    interval: intervalOf(unit),
    intervalCount: unit === undefined ? undefined : (countOf(count) ?? 1),
  });
}

function intervalOf(unit: unknown): BillingInterval | undefined {
  return BILLING_INTERVALS.find((interval) => interval === textOf(unit)?.toLowerCase());
}
