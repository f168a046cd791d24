import { fromMinorUnits } from '../base/values/minor-units.ts';
import type { ChangedPayment, FactContext, Located, PlannedFact } from './fact-context.ts';
import {
  announcementsOf,
  announcing,
  type Announcements,
  type DerivedPayment,
  type DerivedRefund,
} from './derived-payment.ts';
import { valueOf } from './known-value.ts';
import { PAYMENT_FIELDS, type Payment } from './payment-fields.ts';
import { blankRecord, paymentValues, shownDescription } from './provider-record.ts';
import { findOwner, matchReason } from './record-owner.ts';
import { planWrite, type ExtraEvent } from './record-write.ts';

/** Plans the record of a payment, and the events that were not fired yet. */
export async function planProviderPayment(
  context: FactContext,
  { object, derived }: ChangedPayment,
  { before, isDeleted }: Located<Payment>,
): Promise<PlannedFact<Payment>> {
  const { facts } = object;
  const { connection, objects, firesFrom } = context;
  const all = announcementsOf(facts, derived);
  facts.announced = announcing(facts.announced, all);
  if (isDeleted) return { write: null, reason: 'The payment was deleted.' };
  const fired = after(all, firesFrom);
  const events = eventsOf(derived, fired);
  const isQuiet = firesFrom !== null && events.length === 0 && lastChangeOf(derived) < firesFrom;

  const current = before ?? newRecord(context, object.id);
  const isPaid = derived.received > 0n && !isQuiet;
  const subscription = objects.find('subscription', valueOf(facts.details, 'subscriptionId'));
  const next: Payment = {
    ...(current.contact_id === null ? await findOwner(context, facts.details, current, isPaid) : current),
    ...paymentValues(connection, object.externalId, facts, derived),
    description: shownDescription(facts, current.description),
    subscription_id: subscription?.hasRecord ? subscription.id : current.subscription_id,
  };
  object.hasRecord = true;
  const write = planWrite(context.payments.noun, { before, after: next, events, isQuiet }, context);
  return { write, reason: matchReason(next) };
}

function newRecord({ at, writer }: FactContext, id: string): Payment {
  return {
    ...(blankRecord(PAYMENT_FIELDS) as unknown as Payment),
    id,
    version: 1,
    custom_fields: {},
    created_by: writer.actor,
    created_at: at,
    updated_at: at,
  };
}

/** When something happened to the payment last. */
function lastChangeOf({ paidAt, failedAt, refundedAt, disputes }: DerivedPayment): number {
  return Math.max(paidAt ?? 0, failedAt ?? 0, refundedAt ?? 0, ...disputes.map(({ openedAt }) => openedAt));
}

/** What happened from a time on. */
function after(all: Announcements, from: number | null): Announcements {
  if (from === null) return all;
  return {
    received: all.received !== null && all.received >= from ? all.received : null,
    failed: all.failed.filter(({ occurredAt }) => occurredAt >= from),
    refunds: all.refunds.filter(({ occurredAt }) => occurredAt >= from),
  };
}

/** In the order in which they happened; a refund comes after the payment. */
function eventsOf(derived: DerivedPayment, { received, failed, refunds }: Announcements): ExtraEvent[] {
  const receipt = received === null ? [] : [{ type: 'payment.received', at: received }];
  const failures = failed.map(({ occurredAt }) => ({ type: 'payment.failed', at: occurredAt }));
  const inOrder = [...failures, ...receipt].toSorted((a, b) => a.at - b.at);
  return [
    ...inOrder.map(({ type }) => ({ type })),
    ...refunds.map((refund, at) => ({
      type: 'payment.refunded',
      changed: { refund: refundDetails(derived, refund, refunds.slice(at + 1)) },
    })),
  ];
}

/** @param later refunds that are announced after this one */
function refundDetails(
  { currency, refunded, received }: DerivedPayment,
  { refundId, minor, isReversal }: DerivedRefund,
  later: readonly DerivedRefund[],
) {
  const units = (amount: bigint) => Number(fromMinorUnits(amount, currency));
  const total = later.reduce((left, refund) => left - refund.minor, refunded);
  return {
    id: refundId,
    amount: units(minor),
    total: units(total > 0n ? total : 0n),
    full: total >= received,
    reversal: isReversal,
  };
}
