import type { Announced, PaymentFacts, StoredAttempt } from './payment-facts.ts';
import type { AttemptStatus, DisputeStatus, RefundStatus } from './provider-fact.ts';
import { largest, sum, type StoredMoney } from './stored-money.ts';
import { valueOf } from './known-value.ts';

export const PAYMENT_STATUSES = [
  'pending',
  'requires_action',
  'failed',
  'received',
  'partially_refunded',
  'refunded',
  'canceled',
] as const;
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];

/** A refund as it is listed. Refunds of one amount are numbered, so that one has the same place whenever it is derived. */
export interface DerivedRefund {
  minor: bigint;
  /** From 0, of those with this amount. */
  nth: number;
  /** The provider's; null for one that only a rise of the total shows. */
  refundId: string | null;
  status: RefundStatus;
  reason: string | null;
  isReversal: boolean;
  occurredAt: number;
}

export interface DerivedDispute {
  disputeId: string;
  minor: bigint;
  currency: string;
  status: DisputeStatus;
  reason: string | null;
  isInquiry: boolean;
  evidenceDueAt: number | null;
  openedAt: number;
}

/** The state of a payment, in minor units and milliseconds. */
export interface DerivedPayment {
  status: PaymentStatus;
  currency: string;
  amount: bigint;
  received: bigint;
  refunded: bigint;
  paidAt: number | null;
  failedAt: number | null;
  refundedAt: number | null;
  failureCode: string | null;
  failureMessage: string | null;
  isDisputed: boolean;
  disputeStatus: DisputeStatus | null;
  refunds: DerivedRefund[];
  disputes: DerivedDispute[];
}

/** The state of a payment by its facts; null as long as nobody has named its amount. */
export function derivePayment(facts: PaymentFacts): DerivedPayment | null {
  const attempts = Object.values(facts.attempts);
  const total = valueOf<StoredMoney>(facts.details, 'amount');
  const newest = newestAttempt(attempts);
  const currency = total?.currency ?? newest?.amount.currency;
  if (currency === undefined) return null;

  const succeeded = attempts.filter(({ succeededAt }) => succeededAt !== undefined);
  const amount = total ? BigInt(total.minor) : largest(attempts.map(amountOf));
  const refunds = deriveRefunds(facts);
  const isReceived = succeeded.length > 0 || countRefunds(facts).size > 0;
  // The payment and its charge both say what was received.
  const received = isReceived ? largest(succeeded.map(amountOf)) || amount : 0n;
  const refunded = isReceived ? refundedTotal(facts, refunds) : 0n;
  const status = isReceived ? receivedStatus(received, refunded) : unpaidStatus(newest);
  const hasFailed = status === 'failed';
  const counted = refunds.filter(isEffective);
  return {
    status,
    currency,
    amount,
    received,
    refunded,
    paidAt: earliest(succeeded.map(({ succeededAt }) => succeededAt)),
    failedAt: latest(attempts.map(({ failedAt }) => failedAt)),
    refundedAt: latest(counted.map(({ occurredAt }) => occurredAt)),
    failureCode: hasFailed ? valueOf(newest!.values, 'failureCode') : null,
    failureMessage: hasFailed ? valueOf(newest!.values, 'failureMessage') : null,
    refunds,
    ...deriveDisputes(facts),
  };
}

/** What is to be announced for the first time. */
export interface Announcements {
  /** When it was received. */
  received: number | null;
  failed: { attemptId: string; occurredAt: number; code: string | null; message: string | null }[];
  refunds: DerivedRefund[];
}

/** What the facts say that no event was fired for. A refund says that the payment was received. */
export function announcementsOf(facts: PaymentFacts, payment: DerivedPayment): Announcements {
  const { announced } = facts;
  const refunds = [...countRefunds(facts)].flatMap(([minor, count]) => {
    const known = payment.refunds.filter((refund) => refund.minor === minor);
    return known.slice(announced.refunds[minor.toString()] ?? 0, count);
  });
  const isNew = !announced.received && (payment.paidAt !== null || refunds.length > 0);
  return {
    received: isNew ? (payment.paidAt ?? Math.min(...refunds.map(({ occurredAt }) => occurredAt))) : null,
    failed: Object.entries(facts.attempts)
      .filter(([id, { failedAt }]) => failedAt !== undefined && !announced.failed.includes(id))
      .map(([attemptId, { failedAt, values }]) => ({
        attemptId,
        occurredAt: failedAt!,
        code: valueOf<string>(values, 'failureCode'),
        message: valueOf<string>(values, 'failureMessage'),
      }))
      .toSorted((a, b) => a.occurredAt - b.occurredAt),
    refunds: refunds.toSorted((a, b) => a.occurredAt - b.occurredAt),
  };
}

/** `announced` after the events of these announcements. */
export function announcing(announced: Announced, { received, failed, refunds }: Announcements): Announced {
  const counts = { ...announced.refunds };
  for (const { minor } of refunds) counts[minor.toString()] = (counts[minor.toString()] ?? 0) + 1;
  return {
    received: announced.received || received !== null,
    failed: [...announced.failed, ...failed.map(({ attemptId }) => attemptId)],
    refunds: counts,
  };
}

function newestAttempt(attempts: readonly StoredAttempt[]): StoredAttempt | undefined {
  return attempts.toSorted((a, b) => b.status.at - a.status.at || rankOf(b) - rankOf(a))[0];
}

const UNPAID: Readonly<Record<AttemptStatus, PaymentStatus>> = {
  pending: 'pending',
  requires_action: 'requires_action',
  failed: 'failed',
  canceled: 'canceled',
  succeeded: 'received',
};
const RANKS = Object.keys(UNPAID);

function rankOf({ status }: StoredAttempt): number {
  return RANKS.indexOf(status.value);
}

function unpaidStatus(newest: StoredAttempt | undefined): PaymentStatus {
  return newest ? UNPAID[newest.status.value] : 'pending';
}

function receivedStatus(received: bigint, refunded: bigint): PaymentStatus {
  if (refunded <= 0n) return 'received';
  return refunded >= received ? 'refunded' : 'partially_refunded';
}

function amountOf({ amount }: StoredAttempt): bigint {
  return BigInt(amount.minor);
}

/** How many refunds there are of each amount: those with an id and the rises of the total are the same ones. */
function countRefunds({ refunds, steps }: PaymentFacts): Map<bigint, number> {
  const byId = countBy(
    Object.values(refunds)
      .filter(({ hasCounted }) => hasCounted)
      .map(({ amount }) => BigInt(amount.minor)),
  );
  const byStep = countBy(Object.values(steps).map(({ before, after }) => BigInt(after) - BigInt(before)));
  const amounts = new Set([...byId.keys(), ...byStep.keys()]);
  return new Map(
    [...amounts].map((minor) => [minor, Math.max(byId.get(minor) ?? 0, byStep.get(minor) ?? 0)]),
  );
}

function countBy(amounts: readonly bigint[]): Map<bigint, number> {
  const counts = new Map<bigint, number>();
  for (const amount of amounts) counts.set(amount, (counts.get(amount) ?? 0) + 1);
  return counts;
}

/** Those with an id first, then the rises of the total that are more than those, each by time. */
function deriveRefunds({ refunds, steps }: PaymentFacts): DerivedRefund[] {
  const known = Object.entries(refunds)
    .map(([refundId, { amount, status, occurredAt, values }]) => ({
      minor: BigInt(amount.minor),
      refundId,
      status: status.value,
      reason: valueOf<string>(values, 'reason'),
      isReversal: valueOf<boolean>(values, 'isReversal') ?? false,
      occurredAt,
    }))
    .toSorted(byTime);
  const countOf = countBy(known.map(({ minor }) => minor));
  const used = new Map<bigint, number>();
  const anonymous = Object.values(steps)
    .map(({ before, after, occurredAt }) => ({
      minor: BigInt(after) - BigInt(before),
      refundId: null,
      status: 'succeeded' as const,
      reason: null,
      isReversal: false,
      occurredAt,
    }))
    .toSorted(byTime)
    .filter(({ minor }) => {
      const nth = used.get(minor) ?? 0;
      used.set(minor, nth + 1);
      return nth >= (countOf.get(minor) ?? 0);
    });
  const numbers = new Map<bigint, number>();
  return [...known, ...anonymous].map((refund) => {
    const nth = numbers.get(refund.minor) ?? 0;
    numbers.set(refund.minor, nth + 1);
    return { ...refund, nth };
  });
}

function byTime(
  a: { occurredAt: number; refundId: string | null },
  b: { occurredAt: number; refundId: string | null },
): number {
  return a.occurredAt - b.occurredAt || (String(a.refundId) < String(b.refundId) ? -1 : 1);
}

function isEffective({ status }: DerivedRefund): boolean {
  return status === 'succeeded' || status === 'pending';
}

/** Includes refunds that nobody reported, but a later total contains. */
function refundedTotal({ steps }: PaymentFacts, refunds: readonly DerivedRefund[]): bigint {
  const known = sum(refunds.map(({ minor }) => minor));
  const reported = largest(Object.values(steps).map(({ after }) => BigInt(after)));
  const missing = reported > known ? reported - known : 0n;
  return sum(refunds.filter(isEffective).map(({ minor }) => minor)) + missing;
}

function deriveDisputes({ disputes }: PaymentFacts) {
  const all = Object.entries(disputes)
    .map(([disputeId, { amount, status, openedAt, values }]): DerivedDispute => ({
      disputeId,
      minor: BigInt(amount.minor),
      currency: amount.currency,
      status: status.value,
      reason: valueOf(values, 'reason'),
      isInquiry: valueOf(values, 'isInquiry') ?? false,
      evidenceDueAt: valueOf(values, 'evidenceDueAt'),
      openedAt,
    }))
    .toSorted((a, b) => a.openedAt - b.openedAt || (a.disputeId < b.disputeId ? -1 : 1));
  const isOpenOrLost = ({ status }: DerivedDispute) => status !== 'won' && status !== 'closed';
  return {
    disputes: all,
    isDisputed: all.some(isOpenOrLost),
    disputeStatus: all.at(-1)?.status ?? null,
  };
}

function earliest(times: readonly (number | undefined)[]): number | null {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? null : Math.min(...known);
}

function latest(times: readonly (number | undefined)[]): number | null {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? null : Math.max(...known);
}
