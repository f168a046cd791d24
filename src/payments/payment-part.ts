import { isoTime } from '../base/clock.ts';
import type { Uuid } from '../base/id.ts';
import { query, type Transaction } from '../db/query.ts';
import type { Writer } from '../record/record-plan.ts';
import type { DerivedDispute, DerivedRefund } from './derived-payment.ts';
import type { ChangedPayment } from './fact-context.ts';

interface PartContext {
  writer: Writer;
  newId: () => Uuid;
}

const SAVE_REFUNDS = {
  name: 'payment_refund.save',
  text: `
insert into payment_refund
  (workspace_id, id, payment_id, amount_minor, nth, external_id, status, reason, is_reversal, created_by, occurred_at)
select $1, r.id, r.payment_id, r.amount_minor, r.nth, r.external_id, r.status, r.reason, r.is_reversal, $2, r.occurred_at
from json_to_recordset($3::json) as r(id uuid, payment_id uuid, amount_minor bigint, nth int, external_id text,
  status text, reason text, is_reversal boolean, occurred_at timestamptz)
on conflict (workspace_id, payment_id, amount_minor, nth) do update
set external_id = excluded.external_id, status = excluded.status, reason = excluded.reason,
    is_reversal = excluded.is_reversal, occurred_at = excluded.occurred_at
where (payment_refund.external_id, payment_refund.status, payment_refund.reason, payment_refund.is_reversal,
       payment_refund.occurred_at) is distinct from
  (excluded.external_id, excluded.status, excluded.reason, excluded.is_reversal, excluded.occurred_at)`,
};

const SAVE_DISPUTES = {
  name: 'payment_dispute.save',
  text: `
insert into payment_dispute
  (workspace_id, id, payment_id, external_id, amount_minor, currency, status, reason, is_inquiry, evidence_due_at,
   opened_at)
select $1, d.id, d.payment_id, d.external_id, d.amount_minor, d.currency, d.status, d.reason, d.is_inquiry,
       d.evidence_due_at, d.opened_at
from json_to_recordset($2::json) as d(id uuid, payment_id uuid, external_id text, amount_minor bigint, currency text,
  status text, reason text, is_inquiry boolean, evidence_due_at timestamptz, opened_at timestamptz)
on conflict (workspace_id, payment_id, external_id) do update
set amount_minor = excluded.amount_minor, currency = excluded.currency, status = excluded.status,
    reason = excluded.reason, is_inquiry = excluded.is_inquiry, evidence_due_at = excluded.evidence_due_at,
    opened_at = excluded.opened_at`,
};

/** Stores the refunds and disputes of payments as they are derived. */
export async function savePaymentParts(
  trx: Transaction,
  { writer: { workspaceId, actor }, newId }: PartContext,
  payments: readonly ChangedPayment[],
): Promise<void> {
  const refunds = payments.flatMap(({ object, derived }) =>
    derived.refunds.map((refund) => refundRow(newId(), object.id, refund)),
  );
  const disputes = payments.flatMap(({ object, derived }) =>
    derived.disputes.map((dispute) => disputeRow(newId(), object.id, dispute)),
  );
  if (refunds.length > 0) await query(trx, SAVE_REFUNDS, [workspaceId, actor, JSON.stringify(refunds)]);
  if (disputes.length > 0) await query(trx, SAVE_DISPUTES, [workspaceId, JSON.stringify(disputes)]);
}

function refundRow(
  id: Uuid,
  paymentId: Uuid,
  { minor, nth, refundId, status, reason, isReversal, occurredAt }: DerivedRefund,
) {
  return {
    id,
    payment_id: paymentId,
    amount_minor: minor.toString(),
    nth,
    external_id: refundId,
    status,
    reason,
    is_reversal: isReversal,
    occurred_at: isoTime(occurredAt),
  };
}

function disputeRow(
  id: Uuid,
  paymentId: Uuid,
  { disputeId, minor, currency, status, reason, isInquiry, evidenceDueAt, openedAt }: DerivedDispute,
) {
  return {
    id,
    payment_id: paymentId,
    external_id: disputeId,
    amount_minor: minor.toString(),
    currency,
    status,
    reason,
    is_inquiry: isInquiry,
    evidence_due_at: evidenceDueAt === null ? null : isoTime(evidenceDueAt),
    opened_at: isoTime(openedAt),
  };
}
