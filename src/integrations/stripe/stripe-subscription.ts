import type {
  BillingInterval,
  Money,
  ProviderFact,
  SubscriptionFact,
  SubscriptionStatus,
} from '../../payments/provider-fact.ts';
import { stripeMoney } from './stripe-money.ts';
import {
  idOf,
  integerOf,
  isObject,
  itemsOf,
  objectOf,
  textOf,
  timeOf,
  type StripeObject,
} from './stripe-object.ts';
import { linksOf } from './stripe-payer.ts';
import type { Snapshot } from './stripe-payment.ts';

const STATUSES: Readonly<Record<string, SubscriptionStatus>> = {
  incomplete: 'incomplete',
  incomplete_expired: 'canceled',
  trialing: 'trialing',
  active: 'active',
  past_due: 'past_due',
  unpaid: 'unpaid',
  paused: 'paused',
  canceled: 'canceled',
};

const INTERVALS: ReadonlySet<string> = new Set(['day', 'week', 'month', 'year']);

/** A subscription, as every event about it has it. */
export function subscriptionFacts({ object, at, type }: Snapshot): ProviderFact[] {
  const subscriptionId = textOf(object, 'id');
  const own = textOf(object, 'status') ?? '';
  const status = type === 'customer.subscription.deleted' ? 'canceled' : STATUSES[own];
  if (subscriptionId === null || status === undefined) return [];
  const items = itemsOf(object, 'items');
  const [first = {}] = items;
  const price = priceOf(first, object);
  const recurring = objectOf(price, 'recurring');
  const interval = textOf(recurring, 'interval') ?? textOf(price, 'interval');
  const periodEnd =
    timeOf(object, 'current_period_end') ?? latest(items.map((item) => timeOf(item, 'current_period_end')));
  const isEnding = object['cancel_at_period_end'] === true;
  const fact: SubscriptionFact = {
    kind: 'subscription',
    at,
    subscriptionId,
    status,
    planName: textOf(price, 'nickname') ?? productName(price),
    priceId: textOf(price, 'id'),
    quantity: integerOf(first, 'quantity') ?? integerOf(object, 'quantity'),
    amount: amountOf(items, object),
    interval: interval !== null && INTERVALS.has(interval) ? (interval as BillingInterval) : null,
    intervalCount: integerOf(recurring, 'interval_count') ?? integerOf(price, 'interval_count'),
    startedAt: timeOf(object, 'start_date') ?? timeOf(object, 'created'),
    currentPeriodEnd: periodEnd,
    trialEnd: timeOf(object, 'trial_end'),
    cancelAt: timeOf(object, 'cancel_at') ?? (isEnding ? periodEnd : null),
    canceledAt: timeOf(object, 'canceled_at'),
    endedAt: timeOf(object, 'ended_at'),
    cancelReason:
      own === 'incomplete_expired'
        ? 'never_paid'
        : textOf(objectOf(object, 'cancellation_details'), 'reason'),
    ...linksOf(object),
  };
  const invoiceId = idOf(object, 'latest_invoice');
  if (invoiceId === null) return [fact];
  return [fact, { kind: 'link', at, linkId: invoiceId, isInvoice: true, subscriptionId }];
}

/** Items have `price`; before 2020 they had `plan`, and so had the subscription itself. */
function priceOf(item: StripeObject, subscription: StripeObject): StripeObject {
  for (const found of [item['price'], item['plan'], subscription['plan']]) if (isObject(found)) return found;
  return {};
}

function productName(price: StripeObject): string | null {
  const product = price['product'];
  return isObject(product) ? textOf(product, 'name') : null;
}

/** The sum of all items; null where one has no fixed price, such as one by tiers. */
function amountOf(items: readonly StripeObject[], subscription: StripeObject): Money | null {
  const all = items.length > 0 ? items : [subscription];
  let total = 0;
  let currency = textOf(subscription, 'currency');
  for (const item of all) {
    const price = priceOf(item, subscription);
    const unit = integerOf(price, 'unit_amount') ?? integerOf(price, 'amount');
    if (unit === null) return null;
    currency ??= textOf(price, 'currency');
    total += unit * (integerOf(item, 'quantity') ?? 1);
  }
  return currency === null || !Number.isSafeInteger(total) ? null : stripeMoney(total, currency);
}

function latest(times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.max(...known);
}
