import { z } from 'zod';
import type { Database } from '../db/pool.ts';
import { currencyUnit, fromMinorUnits } from '../base/values/minor-units.ts';
import { instant } from '../base/values/time.ts';
import { route, type Route } from '../http/route.ts';
import { isoTime, type Clock } from '../base/clock.ts';

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;
/** PostgreSQL has no year 0. */
const YEAR_1 = Date.parse('0001-01-01T00:00:00Z');

const money = z.number().meta({ description: 'In units of the currency.' });

const shape = z
  .object({
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    recurring: z
      .array(
        z.object({
          currency: z.string(),
          monthly: money.meta({ description: 'What active and past due subscriptions bring in a month.' }),
          yearly: money,
          subscriptions: z.int(),
        }),
      )
      .meta({ description: 'Recurring revenue now, per currency. Trials do not count.' }),
    received: z
      .array(z.object({ currency: z.string(), received: money, refunded: money, payments: z.int() }))
      .meta({ description: 'Payments that were received between `from` and `to`, per currency.' }),
    unmatched: z.int().meta({ description: 'Payments without a contact: `matched_by=unmatched`.' }),
    ambiguous: z.int().meta({ description: 'Payments that several contacts could be meant by.' }),
    disputed: z.int().meta({ description: 'Payments with a dispute that is open or was lost.' }),
    past_due: z.int().meta({ description: 'Subscriptions that are past due or unpaid.' }),
  })
  .meta({ id: 'PaymentSummary' });

const query = z.strictObject({
  from: instant.optional().meta({ description: `Default: ${DEFAULT_DAYS} days before \`to\`.` }),
  to: instant.optional().meta({ description: 'Default: now.' }),
});

/** Ten-thousandths of currency units. A year has 12 months and 365 days. */
const RECURRING = {
  name: 'subscription.recurring',
  text: `
select currency, count(*) as subscriptions, round(sum(yearly) * 10000)::text as yearly,
       round(sum(yearly) / 12 * 10000)::text as monthly
from (
  select currency, amount / interval_count
      * case interval when 'year' then 1 when 'month' then 12 when 'week' then 365.0 / 7 else 365 end as yearly
  from subscription
  where workspace_id = $1 and status in ('active', 'past_due') and deleted_at is null and amount is not null
) s
group by currency order by currency`,
};
const RECEIVED = {
  name: 'payment.received-between',
  text: `
select currency, count(*) as payments, sum(amount_received) as received, sum(amount_refunded) as refunded
from payment
where workspace_id = $1 and paid_at >= $2 and paid_at < $3 and deleted_at is null
group by currency order by currency`,
};
const COUNTS = {
  name: 'payment.counts',
  text: `
select
  (select count(*) from payment where workspace_id = $1 and matched_by = 'unmatched' and deleted_at is null) as unmatched,
  (select count(*) from payment where workspace_id = $1 and matched_by is not null and match_ambiguous
     and deleted_at is null) as ambiguous,
  (select count(*) from payment where workspace_id = $1 and disputed and deleted_at is null) as disputed,
  (select count(*) from subscription where workspace_id = $1 and status in ('past_due', 'unpaid')
     and deleted_at is null) as past_due`,
};

/** Recurring revenue and what was received, for the home page. */
export function paymentSummaryRoutes({ db, clock }: { db: Database; clock: Clock }): Route[] {
  return [
    route<undefined, z.output<typeof query>>({
      method: 'GET',
      path: '/api/v1/payments/summary',
      scope: 'payments:read',
      tag: 'payments',
      summary: 'Get recurring revenue and what was received',
      description: 'Amounts of different currencies are never added.',
      query,
      answers: { 200: shape },
      async handle({ caller: { workspaceId, may }, query: requested }) {
        const to = requested.to ?? isoTime(clock.now());
        const from = requested.from ?? isoTime(Math.max(YEAR_1, Date.parse(to) - DEFAULT_DAYS * DAY_MS));
        const [recurring, received, counts] = await Promise.all([
          may('subscriptions:read')
            ? db.read<{ currency: string; subscriptions: number; yearly: string; monthly: string }>(
                RECURRING,
                [workspaceId],
              )
            : [],
          db.read<{ currency: string; received: number; refunded: number; payments: number }>(RECEIVED, [
            workspaceId,
            from,
            to,
          ]),
          db.read<{ unmatched: number; ambiguous: number; disputed: number; past_due: number }>(COUNTS, [
            workspaceId,
          ]),
        ]);
        const body = {
          from,
          to,
          recurring: recurring.map(({ currency, subscriptions, yearly, monthly }) => ({
            currency,
            monthly: rounded(BigInt(monthly), currency),
            yearly: rounded(BigInt(yearly), currency),
            subscriptions,
          })),
          received,
          ...counts[0]!,
        };
        return { status: 200, body };
      },
    }),
  ];
}

/** @param amount in ten-thousandths of units */
function rounded(amount: bigint, currency: string): number {
  const step = 10n ** BigInt(4 - currencyUnit(currency).exponent);
  return Number(fromMinorUnits((amount + step / 2n) / step, currency));
}
