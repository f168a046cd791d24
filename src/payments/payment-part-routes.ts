import { z } from 'zod';
import { ApiError, invalid } from '../base/errors.ts';
import { isoTime, type Clock } from '../base/clock.ts';
import type { Uuid } from '../base/id.ts';
import { fromMinorUnits, toMinorUnits } from '../base/values/minor-units.ts';
import { requiredText } from '../base/values/text.ts';
import type { Database } from '../db/pool.ts';
import type { Transaction } from '../db/query.ts';
import { decodeCursor, encodeCursor, pageOf } from '../db/page.ts';
import type { LaneKey } from '../events/outbox.ts';
import { pageQuery, pageShape, type PageQuery } from '../http/paging.ts';
import { route, type Ctx, type Route } from '../http/route.ts';
import { writerOf } from '../record/record-create-routes.ts';
import type { RecordService } from '../record/record-service.ts';
import { refundByHand } from './manual-refund.ts';
import type { Payment } from './payment-fields.ts';
import type { PaymentInput } from './payment.ts';
import { DISPUTE_STATUSES, REFUND_STATUSES } from './provider-fact.ts';

const PATH = '/api/v1/payments/:id';

const refundShape = z
  .object({
    id: z.uuid(),
    payment_id: z.uuid(),
    external_id: z
      .string()
      .nullable()
      .meta({ description: 'Id of the refund at the provider, if it is known.' }),
    amount: z.number().meta({ description: 'In units of `currency`.' }),
    currency: z.string(),
    status: z.enum(REFUND_STATUSES),
    reason: z.string().nullable(),
    reversal: z.boolean().meta({ description: 'The payer took the money back.' }),
    created_by: z.string(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'Refund' });

const disputeShape = z
  .object({
    id: z.uuid(),
    payment_id: z.uuid(),
    external_id: z.string(),
    amount: z.number().meta({ description: 'In units of `currency`.' }),
    currency: z.string(),
    status: z.enum(DISPUTE_STATUSES),
    reason: z.string().nullable(),
    inquiry: z.boolean().meta({ description: 'A question of the bank: no money has moved.' }),
    evidence_due_at: z.iso.datetime().nullable(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'Dispute' });

interface RefundRow {
  id: Uuid;
  payment_id: Uuid;
  external_id: string | null;
  amount_minor: string;
  currency: string;
  status: (typeof REFUND_STATUSES)[number];
  reason: string | null;
  is_reversal: boolean;
  created_by: string;
  occurred_at: string;
}

interface DisputeRow {
  id: Uuid;
  payment_id: Uuid;
  external_id: string;
  amount_minor: string;
  currency: string;
  status: (typeof DISPUTE_STATUSES)[number];
  reason: string | null;
  is_inquiry: boolean;
  evidence_due_at: string | null;
  opened_at: string;
}

const LIST_REFUNDS = {
  name: 'payment_refund.list',
  text: `select r.id, r.payment_id, r.external_id, r.amount_minor::text, p.currency, r.status, r.reason, r.is_reversal,
                r.created_by, r.occurred_at
         from payment_refund r join payment p on p.workspace_id = r.workspace_id and p.id = r.payment_id
         where r.workspace_id = $1 and r.payment_id = $2 and ($3::uuid is null or r.id < $3)
         order by r.id desc limit $4`,
};
const LIST_DISPUTES = {
  name: 'payment_dispute.list',
  text: `select id, payment_id, external_id, amount_minor::text, currency, status, reason, is_inquiry, evidence_due_at,
                opened_at
         from payment_dispute
         where workspace_id = $1 and payment_id = $2 and ($3::uuid is null or id < $3)
         order by id desc limit $4`,
};

const refundBody = z.strictObject({
  amount: z
    .number()
    .positive()
    .optional()
    .meta({ description: 'In units of the currency; default: everything that is left.', examples: [10] }),
  reason: requiredText(200).optional(),
});

export interface PaymentPartRoutesParts {
  db: Database;
  clock: Clock;
  newId: () => Uuid;
  notify(lanes: LaneKey[]): void;
  payments: RecordService<Payment, PaymentInput>;
}

/** The refunds and disputes of payments. */
export function paymentPartRoutes(parts: PaymentPartRoutesParts): Route[] {
  const { db, payments } = parts;

  async function find({
    caller,
    params,
  }: Pick<Ctx<unknown, unknown>, 'caller' | 'params'>): Promise<Payment> {
    const found = await payments.store.find(caller.workspaceId, params['id']!);
    if (!found) throw new ApiError('not_found', 'There is no payment with this id.');
    return found;
  }

  async function rowsOf<Row extends { id: Uuid; created_at: string }>(
    read: (id: Uuid, after: Uuid | null, limit: number) => Promise<Row[]>,
    { caller, params, query, url }: Ctx<undefined, PageQuery>,
    sort: string,
  ) {
    const { id } = await find({ caller, params });
    const after = query.cursor ? decodeCursor(query.cursor, sort).id : null;
    const rows = await read(id, after, query.limit + 1);
    const cursorOf = (row: Row) => encodeCursor({ sort, value: row.created_at, id: row.id });
    return { status: 200, body: pageOf(rows, query.limit, url, cursorOf, (row) => row) };
  }

  return [
    route<undefined, PageQuery>({
      method: 'GET',
      path: `${PATH}/refunds`,
      scope: 'payments:read',
      tag: 'payments',
      summary: 'List the refunds of a payment',
      description: 'Newest first.',
      query: pageQuery,
      answers: { 200: pageShape(refundShape) },
      handle: (ctx) =>
        rowsOf(
          async (id, after, limit) =>
            (await db.read<RefundRow>(LIST_REFUNDS, [ctx.caller.workspaceId, id, after, limit])).map(
              showRefund,
            ),
          ctx,
          'refunds',
        ),
    }),
    route<z.output<typeof refundBody>>({
      method: 'POST',
      path: `${PATH}/refunds`,
      scope: 'payments:write',
      tag: 'payments',
      summary: 'Record a refund of a manual payment',
      description:
        'Fires `payment.refunded`. Several partial refunds are possible, up to the amount received. Payments of a provider are refunded there: 409.',
      body: refundBody,
      answers: { 201: refundShape, 409: 'The payment is not a manual one, or nothing is left of it.' },
      async handle(ctx) {
        const { id } = await find(ctx);
        const writer = writerOf(ctx);
        let lanes: LaneKey[] = [];
        const answer = await db.transaction(async (trx: Transaction) => {
          const written = await refundByHand(trx, parts, writer, id, {
            minorOf: (payment) => minorOf(ctx.body.amount, payment),
            reason: ctx.body.reason ?? null,
            occurredAt: isoTime(parts.clock.now()),
            answerOf: (refund) => ({ status: 201, body: JSON.stringify(showRefund(refund)) }),
          });
          ({ lanes } = written);
          return written.answer;
        });
        parts.notify(lanes);
        return answer;
      },
    }),
    route<undefined, PageQuery>({
      method: 'GET',
      path: `${PATH}/disputes`,
      scope: 'payments:read',
      tag: 'payments',
      summary: 'List the disputes of a payment',
      description: 'Newest first.',
      query: pageQuery,
      answers: { 200: pageShape(disputeShape) },
      handle: (ctx) =>
        rowsOf(
          async (id, after, limit) =>
            (await db.read<DisputeRow>(LIST_DISPUTES, [ctx.caller.workspaceId, id, after, limit])).map(
              showDispute,
            ),
          ctx,
          'disputes',
        ),
    }),
  ];
}

/** What a refund takes of a payment. Throws `validation_error`, and `conflict` if nothing is left. */
function minorOf(
  amount: number | undefined,
  { amount_received, amount_refunded, currency }: Payment,
): bigint {
  const received = toMinorUnits(String(amount_received), currency, 'amount');
  const left = received - toMinorUnits(String(amount_refunded), currency, 'amount');
  if (left <= 0n) throw new ApiError('conflict', 'Nothing is left to refund.');
  if (amount === undefined) return left;
  const minor = toMinorUnits(String(amount), currency, 'amount');
  if (minor > left) throw invalid('amount', `must be at most ${fromMinorUnits(left, currency)}`);
  return minor;
}

function showRefund({ amount_minor, is_reversal, occurred_at, created_by, ...row }: RefundRow) {
  return {
    id: row.id,
    payment_id: row.payment_id,
    external_id: row.external_id,
    amount: Number(fromMinorUnits(BigInt(amount_minor), row.currency)),
    currency: row.currency,
    status: row.status,
    reason: row.reason,
    reversal: is_reversal,
    created_by,
    created_at: occurred_at,
  };
}

function showDispute({ amount_minor, is_inquiry, opened_at, ...row }: DisputeRow) {
  return {
    id: row.id,
    payment_id: row.payment_id,
    external_id: row.external_id,
    amount: Number(fromMinorUnits(BigInt(amount_minor), row.currency)),
    currency: row.currency,
    status: row.status,
    reason: row.reason,
    inquiry: is_inquiry,
    evidence_due_at: row.evidence_due_at,
    created_at: opened_at,
  };
}
