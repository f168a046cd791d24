import { isoTime } from '../base/clock.ts';
import { fromMinorUnits } from '../base/values/minor-units.ts';
import type { DerivedPayment } from './derived-payment.ts';
import { addressesOf } from './fact-spread.ts';
import { valueOf, type KnownValues } from './known-value.ts';
import { largest, type StoredMoney } from './stored-money.ts';
import type { PaymentFacts } from './payment-facts.ts';
import type { PAYMENT_FIELDS, Payment } from './payment-fields.ts';
import type { ProviderConnection } from './provider-fact.ts';
import type { SUBSCRIPTION_FIELDS, Subscription } from './subscription-fields.ts';
import type { DerivedSubscription, SubscriptionFacts } from './subscription-facts.ts';

type PaymentValues = Partial<{ -readonly [Name in keyof typeof PAYMENT_FIELDS]: Payment[Name] }>;
type SubscriptionValues = Partial<{
  -readonly [Name in keyof typeof SUBSCRIPTION_FIELDS]: Subscription[Name];
}>;

const MAX_TEXT = 1000;
const MAX_NAME = 200;

/** The fields of a payment that its provider determines. */
export function paymentValues(
  { kind, id }: ProviderConnection,
  externalId: string,
  { details }: PaymentFacts,
  payment: DerivedPayment,
): PaymentValues {
  const { currency } = payment;
  const units = (minor: bigint) => Number(fromMinorUnits(minor, currency));
  const fee = valueOf<StoredMoney>(details, 'fee');
  const feeMinor = fee?.currency === currency ? BigInt(fee.minor) : null;
  const lastRefund = payment.refunds
    .filter(({ status }) => status === 'succeeded' || status === 'pending')
    .toSorted((a, b) => a.occurredAt - b.occurredAt)
    .at(-1);
  return {
    provider: kind,
    connection_id: id,
    external_id: externalId,
    status: payment.status,
    amount: units(payment.amount),
    amount_received: units(payment.received),
    amount_refunded: units(payment.refunded),
    last_refund_amount: lastRefund ? units(lastRefund.minor) : null,
    fee: feeMinor === null ? null : units(feeMinor),
    net: feeMinor === null ? null : units(largest([payment.received - feeMinor])),
    currency,
    method_type: shortened(valueOf(details, 'methodType'), 64),
    method_last4: shortened(valueOf(details, 'methodLast4'), 4),
    failure_code: shortened(payment.failureCode, MAX_NAME),
    failure_message: shortened(payment.failureMessage, MAX_TEXT),
    disputed: payment.isDisputed,
    dispute_status: payment.disputeStatus,
    receipt_url: shortened(valueOf(details, 'receiptUrl'), 2000),
    ...payerValues(details),
    invoice_external_id: valueOf(details, 'invoiceId'),
    subscription_external_id: valueOf(details, 'subscriptionId'),
    paid_at: timeOf(payment.paidAt),
    failed_at: timeOf(payment.failedAt),
    refunded_at: timeOf(payment.refundedAt),
    provider_created_at: timeOf(valueOf(details, 'createdAt')),
  };
}

/** The provider's description, unless a person has changed it; notes in `facts` what the record is given. */
export function shownDescription(facts: PaymentFacts, current: string | null): string | null {
  if (current !== facts.shownDescription) return current;
  facts.shownDescription = shortened(valueOf(facts.details, 'description'), MAX_TEXT);
  return facts.shownDescription;
}

/** The fields of a subscription that its provider determines; without an amount, it has the currency `fallback`. */
export function subscriptionValues(
  { kind, id }: ProviderConnection,
  externalId: string,
  { links }: SubscriptionFacts,
  subscription: DerivedSubscription,
  fallback: string,
): SubscriptionValues {
  const { amount } = subscription;
  return {
    provider: kind,
    connection_id: id,
    external_id: externalId,
    status: subscription.status,
    plan_name: shortened(subscription.planName, 255),
    price_external_id: shortened(subscription.priceId, 255),
    quantity: countOf(subscription.quantity),
    amount: amount && Number(fromMinorUnits(BigInt(amount.minor), amount.currency)),
    currency: amount?.currency ?? fallback,
    interval: subscription.interval ?? 'month',
    interval_count: countOf(subscription.intervalCount) ?? 1,
    started_at: timeOf(subscription.startedAt),
    current_period_end: timeOf(subscription.currentPeriodEnd),
    trial_end: timeOf(subscription.trialEnd),
    cancel_at: timeOf(subscription.cancelAt),
    canceled_at: timeOf(subscription.canceledAt),
    ended_at: timeOf(subscription.endedAt),
    cancel_reason: shortened(subscription.cancelReason, MAX_NAME),
    ...payerValues(links),
  };
}

/** A record with the values of all fields without one. */
export function blankRecord(
  fields: Readonly<Record<string, { fallback: unknown }>>,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, { fallback }]) => [name, fallback]));
}

function payerValues(details: KnownValues) {
  const { emails, name } = addressesOf(details);
  return {
    customer_email: shortened(emails[0] ?? null, 254),
    customer_name: shortened(name, MAX_NAME),
    customer_external_id: valueOf<string>(details, 'customerId'),
  };
}

/** Texts of a provider: what PostgreSQL can store, and no longer than the field. */
function shortened(text: string | null, max: number): string | null {
  if (text === null) return null;
  const stored = text.replaceAll('\0', '').slice(0, max).toWellFormed();
  return stored === '' ? null : stored;
}

const MAX_COUNT = 2_147_483_647;

/** What the column can hold: usage that is metered may be more. */
function countOf(count: number | null): number | null {
  return count !== null && count >= 0 && count <= MAX_COUNT ? count : null;
}

function timeOf(ms: number | null): string | null {
  return ms === null ? null : isoTime(ms);
}
