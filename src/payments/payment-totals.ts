import { z } from 'zod';
import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import type { Extension } from '../record/extension.ts';

/** The objects with totals, each with the column that references it. */
const TOTALED = { contact: 'contact_id', company: 'company_id', deal: 'deal_id' } as const;

const totals = z
  .array(
    z.object({
      currency: z.string(),
      received: z.number().meta({ description: 'In units of the currency.' }),
      refunded: z.number().meta({ description: 'In units of the currency.' }),
    }),
  )
  .meta({ id: 'PaymentTotals' });

type Total = z.output<typeof totals>[number];

interface Row extends Total {
  id: Uuid;
}

/** Sums of decimals by PostgreSQL, which are exact; one currency is never added to another one. */
const totalsOf = (column: string) => ({
  name: `payment.totals-${column}`,
  text: `select ${column} as id, currency, sum(amount_received) as received, sum(amount_refunded) as refunded
         from payment
         where workspace_id = $1 and ${column} = any($2::uuid[]) and deleted_at is null and amount_received > 0
         group by 1, 2 order by 2`,
});

/** What was received and refunded, per currency: on contacts, companies and deals (PM4). */
export function paymentTotals(db: Database): Extension[] {
  return Object.entries(TOTALED).map(([object, column]) => ({
    object,
    computedFields: {
      payment_totals: {
        label: 'Payments',
        description:
          'What was received and refunded, per currency; left out if there is nothing, and without `payments:read`',
        output: totals,
        scope: 'payments:read',
        isOnRequest: true,
        async valuesOf(workspaceId, records) {
          const rows = await db.read<Row>(totalsOf(column), [workspaceId, records.map(({ id }) => id)]);
          const byRecord = new Map<Uuid, Total[]>();
          for (const { id, ...total } of rows) byRecord.set(id, [...(byRecord.get(id) ?? []), total]);
          return records.map(({ id }) => byRecord.get(id));
        },
      },
    },
  }));
}
