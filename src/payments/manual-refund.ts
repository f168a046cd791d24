import type { StoredAnswer } from '../account/idempotency.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import { fromMinorUnits, toMinorUnits } from '../base/values/minor-units.ts';
import { query, type Transaction } from '../db/query.ts';
import type { LaneKey } from '../events/outbox.ts';
import type { Plan, Writer } from '../record/record-plan.ts';
import { differences } from '../record/record-differences.ts';
import type { RecordService } from '../record/record-service.ts';
import { MANUAL, type Payment } from './payment-fields.ts';
import type { PaymentInput } from './payment.ts';
import { lockRecords } from './record-write.ts';

/** A refund as its row is. */
export interface ManualRefund {
  id: Uuid;
  payment_id: Uuid;
  external_id: null;
  amount_minor: string;
  currency: string;
  status: 'succeeded';
  reason: string | null;
  is_reversal: false;
  created_by: string;
  occurred_at: string;
}

const INSERT = {
  name: 'payment_refund.insert',
  text: `
insert into payment_refund
  (workspace_id, id, payment_id, amount_minor, nth, status, reason, created_by, occurred_at)
select $1, $2, $3, $4::bigint, count(*), 'succeeded', $5, $6, $7
from payment_refund where workspace_id = $1 and payment_id = $3 and amount_minor = $4::bigint`,
};

interface RefundParts {
  newId: () => Uuid;
  payments: RecordService<Payment, PaymentInput>;
}

/**
 * Records a refund of a manual payment: its row, the payment's amounts and status, and `payment.refunded`. Throws
 * `conflict` for a payment of a provider.
 * @param requested.minorOf the amount in minor units, of the locked payment
 */
export async function refundByHand(
  trx: Transaction,
  { newId, payments }: RefundParts,
  writer: Writer,
  id: Uuid,
  requested: {
    minorOf(payment: Payment): bigint;
    reason: string | null;
    occurredAt: string;
    answerOf(refund: ManualRefund): StoredAnswer;
  },
): Promise<{ answer: StoredAnswer; lanes: LaneKey[] }> {
  const { workspaceId, actor } = writer;
  const { noun, store } = payments;
  const [row] = await lockRecords(trx, noun.name, workspaceId, [id]);
  if (!row || row['deleted_at'] !== null)
    throw new ApiError('not_found', 'There is no payment with this id.');
  const before = store.toRecord(row);
  if (before.provider !== MANUAL)
    throw new ApiError('conflict', `The payment was made with ${before.provider}: refund it there.`);
  const minor = requested.minorOf(before);
  const { reason, occurredAt } = requested;
  const refund: ManualRefund = {
    id: newId(),
    payment_id: id,
    external_id: null,
    amount_minor: minor.toString(),
    currency: before.currency,
    status: 'succeeded',
    reason,
    is_reversal: false,
    created_by: actor,
    occurred_at: occurredAt,
  };
  await query(trx, INSERT, [workspaceId, refund.id, id, refund.amount_minor, reason, actor, occurredAt]);
  const plan = refundPlan(before, minor, { noun, newId, at: occurredAt });
  const answer = requested.answerOf(refund);
  return { answer, lanes: await store.updateWithin(trx, writer, [plan], answer) };
}

function refundPlan(
  before: Payment,
  minor: bigint,
  { noun, newId, at }: Pick<RecordService<Payment, PaymentInput>, 'noun'> & { newId: () => Uuid; at: string },
): Plan<Payment> {
  const { currency } = before;
  const units = (amount: bigint) => Number(fromMinorUnits(amount, currency));
  const refunded = toMinorUnits(String(before.amount_refunded), currency, 'amount_refunded') + minor;
  const isFull = refunded >= toMinorUnits(String(before.amount_received), currency, 'amount_received');
  const after: Payment = {
    ...before,
    status: isFull ? 'refunded' : 'partially_refunded',
    amount_refunded: units(refunded),
    last_refund_amount: units(minor),
    refunded_at: at,
    version: before.version + 1,
    updated_at: at,
  };
  const changed = differences(before, after, noun.columns)!;
  const refund = { id: null, amount: units(minor), total: units(refunded), full: isFull, reversal: false };
  return {
    id: before.id,
    record: after,
    text: JSON.stringify(after),
    at,
    events: [{ id: newId(), type: 'payment.refunded', changed: { ...changed, refund } }],
    changed,
  };
}
