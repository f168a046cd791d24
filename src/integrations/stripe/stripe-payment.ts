import type {
  AttemptFact,
  AttemptStatus,
  DisputeStatus,
  PaymentFact,
  ProviderFact,
  RefundStatus,
} from '../../payments/provider-fact.ts';
import { moneyOf, stripeMoney } from './stripe-money.ts';
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

/** What facts are made of: an object as it was at a time. */
export interface Snapshot {
  object: StripeObject;
  /** Milliseconds. */
  at: number;
  /** Of the event; '' for a fetched object. */
  eventId: string;
  /** Of the event; null for a fetched object. */
  type: string | null;
}

const INTENT_STATUSES: Readonly<Record<string, AttemptStatus>> = {
  succeeded: 'succeeded',
  processing: 'pending',
  requires_capture: 'pending',
  requires_confirmation: 'pending',
  requires_action: 'requires_action',
  canceled: 'canceled',
};

const FAILED = 'payment_intent.payment_failed';

/** A payment intent. Each failed attempt has the id of its charge, or of the event where there was none. */
export function intentFacts({ object, at, eventId, type }: Snapshot): ProviderFact[] {
  const paymentId = textOf(object, 'id');
  const amount = moneyOf(object, 'amount');
  if (paymentId === null || amount === null) return [];
  const status = INTENT_STATUSES[textOf(object, 'status') ?? ''];
  const error = objectOf(object, 'last_payment_error');
  const hasFailed = type === FAILED || (status === undefined && Object.keys(error).length > 0);
  const isSucceeded = !hasFailed && status === 'succeeded';
  const received = (isSucceeded && moneyOf(object, 'amount_received')) || amount;
  const attemptId = hasFailed ? failedAttemptId(object, error, eventId) : paymentId;
  const attempt: AttemptFact[] =
    (status === undefined && !hasFailed) || attemptId === ''
      ? []
      : [
          {
            kind: 'attempt',
            at,
            paymentId,
            attemptId,
            ...(type === null && occurrenceOf(object)),
            status: hasFailed ? 'failed' : status!,
            amount: isSucceeded ? received : amount,
            ...(hasFailed && failureOf(error)),
          },
        ];
  const details: PaymentFact = {
    kind: 'payment',
    at,
    occurredAt: timeOf(object, 'created') ?? at,
    paymentId,
    amount,
    description: textOf(object, 'description'),
    email: textOf(object, 'receipt_email'),
    invoiceId: idOf(object, 'invoice'),
    ...linksOf(object),
  };
  const charges = [...itemsOf(object, 'charges'), object['latest_charge']].filter(isObject);
  const ofCharges = charges.flatMap((charge) => detailsOfCharge({ object: charge, at }, paymentId));
  return [...attempt, details, ...ofCharges];
}

/** Of a fetched payment intent: when its charge was made. */
function occurrenceOf(object: StripeObject) {
  const time = timeOf(objectOf(object, 'latest_charge'), 'created') ?? timeOf(object, 'created');
  return time === null ? {} : { occurredAt: time };
}

/** An authentication that failed has no charge; `latest_charge` is then that of an earlier attempt. */
function failedAttemptId(object: StripeObject, error: StripeObject, eventId: string): string {
  if (textOf(error, 'code') === 'payment_intent_authentication_failure') return eventId;
  const charges = itemsOf(object, 'charges');
  return (
    idOf(error, 'charge') ??
    idOf(object, 'latest_charge') ??
    (charges[0] && textOf(charges[0], 'id')) ??
    eventId
  );
}

function failureOf(error: StripeObject) {
  return {
    failureCode: textOf(error, 'decline_code') ?? textOf(error, 'code'),
    failureMessage: textOf(error, 'message'),
  };
}

/** A charge: that of a payment intent says more about it, one without is a payment of its own. */
export function chargeFacts({ object, at, eventId }: Snapshot): ProviderFact[] {
  const chargeId = textOf(object, 'id');
  const intentId = idOf(object, 'payment_intent');
  const paymentId = intentId ?? chargeId;
  const amount = moneyOf(object, 'amount');
  if (chargeId === null || paymentId === null || amount === null) return [];
  const status = chargeStatus(object);
  const isOwn = intentId === null;
  const captured = moneyOf(object, 'amount_captured');
  // The event of the payment intent reports the failure.
  const isReported = status === 'failed' && !isOwn;
  const attempt: AttemptFact[] =
    status === null || isReported
      ? []
      : [
          {
            kind: 'attempt',
            at,
            occurredAt: timeOf(object, 'created') ?? at,
            paymentId,
            attemptId: chargeId,
            status,
            amount: status === 'succeeded' && captured && captured.minor > 0n ? captured : amount,
            ...(status === 'failed' && {
              failureCode: textOf(object, 'failure_code'),
              failureMessage: textOf(object, 'failure_message'),
            }),
          },
        ];
  const refunds = itemsOf(object, 'refunds').flatMap((refund) =>
    refundFacts({
      object: { payment_intent: intentId, charge: chargeId, ...refund },
      at,
      eventId,
      type: null,
    }),
  );
  return [...attempt, ...detailsOfCharge({ object, at }, paymentId), ...refunds];
}

function chargeStatus(object: StripeObject): AttemptStatus | null {
  const status = textOf(object, 'status');
  if (status === 'failed') return 'failed';
  if (status === 'pending' || object['captured'] === false) return 'pending';
  return status === 'succeeded' && object['paid'] !== false ? 'succeeded' : null;
}

function detailsOfCharge({ object, at }: Pick<Snapshot, 'object' | 'at'>, paymentId: string): PaymentFact[] {
  const payer = objectOf(object, 'billing_details');
  const method = objectOf(object, 'payment_method_details');
  const methodType = textOf(method, 'type');
  const balance = object['balance_transaction'];
  const currency = isObject(balance) ? textOf(balance, 'currency') : null;
  const fee = isObject(balance) ? integerOf(balance, 'fee') : null;
  return [
    {
      kind: 'payment',
      at,
      occurredAt: timeOf(object, 'created') ?? at,
      paymentId,
      description: textOf(object, 'description'),
      email: textOf(payer, 'email') ?? textOf(object, 'receipt_email'),
      name: textOf(payer, 'name'),
      phone: textOf(payer, 'phone'),
      methodType,
      methodLast4: methodType === null ? null : textOf(objectOf(method, methodType), 'last4'),
      receiptUrl: textOf(object, 'receipt_url'),
      invoiceId: idOf(object, 'invoice'),
      ...(fee !== null && currency !== null && { fee: stripeMoney(fee, currency) }),
      ...linksOf(object),
    },
  ];
}

/** What `charge.refunded` says: the total of refunds before and after. */
export function refundStepFacts({ object, at }: Snapshot, previous: StripeObject): ProviderFact[] {
  const paymentId = idOf(object, 'payment_intent') ?? textOf(object, 'id');
  const after = moneyOf(object, 'amount_refunded');
  if (paymentId === null || after === null) return [];
  const before = stripeMoney(integerOf(previous, 'amount_refunded') ?? 0, after.currency);
  return [{ kind: 'refund_step', at, paymentId, before, after }];
}

const REFUND_STATUSES: Readonly<Record<string, RefundStatus>> = {
  pending: 'pending',
  requires_action: 'requires_action',
  succeeded: 'succeeded',
  failed: 'failed',
  canceled: 'canceled',
};

export function refundFacts({ object, at }: Snapshot): ProviderFact[] {
  const refundId = textOf(object, 'id');
  const paymentId = idOf(object, 'payment_intent') ?? idOf(object, 'charge');
  const amount = moneyOf(object, 'amount');
  if (refundId === null || paymentId === null || amount === null || amount.minor <= 0n) return [];
  return [
    {
      kind: 'refund',
      at,
      occurredAt: timeOf(object, 'created') ?? at,
      paymentId,
      refundId,
      // Older API versions leave it out.
      status: REFUND_STATUSES[textOf(object, 'status') ?? 'succeeded'] ?? 'pending',
      amount,
      reason: textOf(object, 'failure_reason') ?? textOf(object, 'reason'),
    },
  ];
}

const DISPUTE_STATUSES: Readonly<Record<string, DisputeStatus>> = {
  needs_response: 'needs_response',
  under_review: 'under_review',
  appeal_needs_response: 'needs_response',
  appeal_under_review: 'under_review',
  warning_needs_response: 'needs_response',
  warning_under_review: 'under_review',
  warning_closed: 'closed',
  prevented: 'closed',
  charge_refunded: 'closed',
  won: 'won',
  lost: 'lost',
};

export function disputeFacts({ object, at }: Snapshot): ProviderFact[] {
  const disputeId = textOf(object, 'id');
  const paymentId = idOf(object, 'payment_intent') ?? idOf(object, 'charge');
  const amount = moneyOf(object, 'amount');
  const status = textOf(object, 'status') ?? '';
  if (disputeId === null || paymentId === null || amount === null) return [];
  return [
    {
      kind: 'dispute',
      at,
      occurredAt: timeOf(object, 'created') ?? at,
      paymentId,
      disputeId,
      status: DISPUTE_STATUSES[status] ?? 'under_review',
      amount,
      reason: textOf(object, 'reason'),
      isInquiry: status.startsWith('warning_'),
      evidenceDueAt: timeOf(objectOf(object, 'evidence_details'), 'due_by'),
    },
  ];
}
