import { useQuery } from '@tanstack/react-query';
import { paymentTotalsQuery } from '../api/payment-queries.ts';
import type { ObjectType } from '../api/object-queries.ts';
import type { ObjectRecord } from '../api/record-queries.ts';
import { amountText } from '../ui/format.ts';
import classes from './payments.module.css';

/** The objects whose records have `payment_totals`. */
const TOTALED: ReadonlySet<string> = new Set(['contact', 'company', 'deal']);

/** What a contact, company or deal has paid, per currency. */
export function PaymentTotals({ object, record }: { object: ObjectType; record: ObjectRecord }) {
  const { data = [] } = useQuery({
    ...paymentTotalsQuery(object, record.id),
    enabled: TOTALED.has(object.key),
  });
  if (data.length === 0) return null;
  return (
    <dl className={classes.totals} aria-label="Payment totals">
      {data.flatMap(({ currency, received, refunded }) => [
        <dt key={`${currency} received`}>
          {data.length === 1 ? 'Total received' : `Received, ${currency}`}
        </dt>,
        <dd key={`${currency} sum`}>{amountText(received - refunded, currency)}</dd>,
        ...(refunded > 0
          ? [
              <dt key={`${currency} refunded`}>of {amountText(received, currency)}</dt>,
              <dd key={`${currency} less`}>−{amountText(refunded, currency)} refunded</dd>,
            ]
          : []),
      ])}
    </dl>
  );
}
