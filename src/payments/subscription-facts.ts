import {
  laterStatus,
  learn,
  learnFilled,
  valueOf,
  type Known,
  type KnownValues,
  type StatusRules,
} from './known-value.ts';
import {
  SUBSCRIPTION_STATUSES,
  type BillingInterval,
  type SubscriptionFact,
  type SubscriptionStatus,
} from './provider-fact.ts';
import { storedMoney, type StoredMoney } from './stored-money.ts';

/** Everything that a provider said about a subscription, as JSON; see `PaymentFacts`. */
export interface SubscriptionFacts {
  status?: Known<SubscriptionStatus>;
  /** When it was reported as created and as canceled first. */
  createdAt?: number;
  canceledAt?: number;
  details: KnownValues;
  /** Whose it is. */
  links: KnownValues;
  announced: { created: boolean; canceled: boolean };
  /** See `PaymentFacts`. */
  isPayerErased?: boolean;
}

const STATUSES: StatusRules<SubscriptionStatus> = {
  order: SUBSCRIPTION_STATUSES,
  final: new Set(['canceled']),
};

export function noSubscriptionFacts(): SubscriptionFacts {
  return { details: {}, links: {}, announced: { created: false, canceled: false } };
}

/** Adds a fact; changes `facts`. */
export function addSubscriptionFact(facts: SubscriptionFacts, fact: SubscriptionFact): void {
  const { kind: _kind, subscriptionId: _id, at, occurredAt = at, status, amount, ...values } = fact;
  const { customerId, email, name, phone, contactRef, dealRef, linkId, ...details } = values;
  learn(facts.details, at, { ...details, amount: amount && storedMoney(amount) });
  learnFilled(facts.links, at, { customerId, email, name, phone, contactRef, dealRef, linkId });
  if (status === undefined) return;
  facts.status = laterStatus(STATUSES, facts.status, { at, value: status });
  facts.createdAt = Math.min(facts.createdAt ?? Infinity, fact.startedAt ?? occurredAt);
  if (status === 'canceled')
    facts.canceledAt = Math.min(facts.canceledAt ?? Infinity, fact.endedAt ?? fact.canceledAt ?? occurredAt);
}

/** The state of a subscription; amounts in minor units, times in milliseconds. */
export interface DerivedSubscription {
  status: SubscriptionStatus;
  planName: string | null;
  priceId: string | null;
  quantity: number | null;
  amount: StoredMoney | null;
  interval: BillingInterval | null;
  intervalCount: number | null;
  startedAt: number | null;
  currentPeriodEnd: number | null;
  trialEnd: number | null;
  cancelAt: number | null;
  canceledAt: number | null;
  endedAt: number | null;
  cancelReason: string | null;
}

/** The state of a subscription by its facts; null until it has a status. */
export function deriveSubscription({
  status,
  details,
  canceledAt,
}: SubscriptionFacts): DerivedSubscription | null {
  if (status === undefined) return null;
  const isCanceled = status.value === 'canceled';
  return {
    status: status.value,
    planName: valueOf(details, 'planName'),
    priceId: valueOf(details, 'priceId'),
    quantity: valueOf(details, 'quantity'),
    amount: valueOf(details, 'amount'),
    interval: valueOf(details, 'interval'),
    intervalCount: valueOf(details, 'intervalCount'),
    startedAt: valueOf(details, 'startedAt'),
    currentPeriodEnd: valueOf(details, 'currentPeriodEnd'),
    trialEnd: valueOf(details, 'trialEnd'),
    cancelAt: isCanceled ? null : valueOf(details, 'cancelAt'),
    canceledAt: valueOf(details, 'canceledAt') ?? (isCanceled ? (canceledAt ?? null) : null),
    endedAt: valueOf(details, 'endedAt') ?? (isCanceled ? (canceledAt ?? null) : null),
    cancelReason: valueOf(details, 'cancelReason'),
  };
}
