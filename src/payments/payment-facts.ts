import {
  laterStatus,
  learn,
  learnFilled,
  type Known,
  type KnownValues,
  type StatusRules,
} from './known-value.ts';
import {
  ATTEMPT_STATUSES,
  DISPUTE_STATUSES,
  REFUND_STATUSES,
  type AttemptFact,
  type AttemptStatus,
  type DisputeFact,
  type DisputeStatus,
  type PaymentFact,
  type RefundFact,
  type RefundStatus,
  type RefundStepFact,
} from './provider-fact.ts';
import { storedMoney, type StoredMoney } from './stored-money.ts';

/**
 * Everything that a provider said about a payment, as JSON. Facts are only added or replaced by later ones, and each kind
 * has its own place: the same facts in any order, any number of times, make the same value.
 */
export interface PaymentFacts {
  details: KnownValues;
  attempts: Record<string, StoredAttempt>;
  refunds: Record<string, StoredRefund>;
  /** Rises of the total refunded, by their amounts and time. */
  steps: Record<string, StoredStep>;
  disputes: Record<string, StoredDispute>;
  /** What events were fired for. */
  announced: Announced;
  /** The description that the record was given; null: none. A person may have changed it since. */
  shownDescription: string | null;
  /** The contact was erased: what is reported of the payer is not kept. */
  isPayerErased?: boolean;
}

export interface StoredAttempt {
  status: Known<AttemptStatus>;
  amount: StoredMoney;
  /** When it failed and succeeded first, whatever its status is now. */
  failedAt?: number;
  succeededAt?: number;
  values: KnownValues;
}

export interface StoredRefund {
  status: Known<RefundStatus>;
  amount: StoredMoney;
  occurredAt: number;
  /** It was pending or succeeded at some time. */
  hasCounted: boolean;
  values: KnownValues;
}

export interface StoredStep {
  before: string;
  after: string;
  currency: string;
  occurredAt: number;
}

export interface StoredDispute {
  status: Known<DisputeStatus>;
  amount: StoredMoney;
  openedAt: number;
  values: KnownValues;
}

export interface Announced {
  received: boolean;
  /** Ids of attempts. */
  failed: string[];
  /** The number of refunds, by their amount in minor units. */
  refunds: Record<string, number>;
}

export type FactOfPayment = AttemptFact | PaymentFact | RefundFact | RefundStepFact | DisputeFact;

const ATTEMPTS: StatusRules<AttemptStatus> = { order: ATTEMPT_STATUSES, final: new Set(['succeeded']) };
const REFUNDS: StatusRules<RefundStatus> = { order: REFUND_STATUSES, final: new Set(['failed', 'canceled']) };
const DISPUTES: StatusRules<DisputeStatus> = {
  order: DISPUTE_STATUSES,
  final: new Set(['closed', 'won', 'lost']),
};

export function noPaymentFacts(): PaymentFacts {
  return {
    details: {},
    attempts: {},
    refunds: {},
    steps: {},
    disputes: {},
    announced: { received: false, failed: [], refunds: {} },
    shownDescription: null,
  };
}

/** Adds a fact; changes `facts`. */
export function addPaymentFact(facts: PaymentFacts, fact: FactOfPayment): void {
  switch (fact.kind) {
    case 'attempt':
      return addAttempt(facts, fact);
    case 'payment':
      return addDetails(facts, fact);
    case 'refund':
      return addRefund(facts, fact);
    case 'refund_step':
      return addStep(facts, fact);
    default:
      return addDispute(facts, fact);
  }
}

function addAttempt({ attempts }: PaymentFacts, fact: AttemptFact): void {
  const { attemptId, status, at, occurredAt = at, failureCode, failureMessage } = fact;
  const amount = storedMoney(fact.amount);
  const reported = { at, value: status };
  const attempt = (attempts[attemptId] ??= { status: reported, amount, values: {} });
  const counted = laterStatus(ATTEMPTS, attempt.status, reported);
  // The amount of the status that counts: of a succeeded attempt it is what was received.
  if (counted === reported) Object.assign(attempt, { status: counted, amount });
  if (status === 'failed') attempt.failedAt = Math.min(attempt.failedAt ?? Infinity, occurredAt);
  if (status === 'succeeded') attempt.succeededAt = Math.min(attempt.succeededAt ?? Infinity, occurredAt);
  learnFilled(attempt.values, at, { failureCode, failureMessage });
}

/** Details of the payment and of its payer; null says nothing. */
function addDetails({ details }: PaymentFacts, fact: PaymentFact): void {
  const { kind: _kind, paymentId: _id, at, occurredAt, amount, fee, ...values } = fact;
  learnFilled(details, at, {
    ...values,
    amount: amount && storedMoney(amount),
    fee: fee && storedMoney(fee),
  });
  if (occurredAt === undefined) return;
  const created = details['createdAt'] as Known<number> | undefined;
  if (created === undefined || occurredAt < created.value) details['createdAt'] = { at, value: occurredAt };
}

function addRefund({ refunds }: PaymentFacts, fact: RefundFact): void {
  const { refundId, status, at, occurredAt = at, reason, isReversal } = fact;
  const amount = storedMoney(fact.amount);
  const reported = { at, value: status };
  const refund = (refunds[refundId] ??= {
    status: reported,
    amount,
    occurredAt,
    hasCounted: false,
    values: {},
  });
  refund.status = laterStatus(REFUNDS, refund.status, reported);
  refund.occurredAt = Math.min(refund.occurredAt, occurredAt);
  refund.hasCounted ||= status === 'pending' || status === 'succeeded';
  learnFilled(refund.values, at, { reason, isReversal });
}

function addStep({ steps }: PaymentFacts, { before, after, at, occurredAt = at }: RefundStepFact): void {
  if (after.minor <= before.minor) return;
  steps[`${before.minor} ${after.minor} ${occurredAt}`] = {
    before: before.minor.toString(),
    after: after.minor.toString(),
    currency: after.currency,
    occurredAt,
  };
}

function addDispute({ disputes }: PaymentFacts, fact: DisputeFact): void {
  const { disputeId, status, at, occurredAt = at, reason, isInquiry, evidenceDueAt } = fact;
  const amount = storedMoney(fact.amount);
  const reported = { at, value: status };
  const dispute = (disputes[disputeId] ??= { status: reported, amount, openedAt: occurredAt, values: {} });
  const counted = laterStatus(DISPUTES, dispute.status, reported);
  if (counted === reported) Object.assign(dispute, { status: counted, amount });
  dispute.openedAt = Math.min(dispute.openedAt, occurredAt);
  learn(dispute.values, at, { reason, isInquiry, evidenceDueAt });
}
