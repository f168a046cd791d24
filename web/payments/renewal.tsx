import { useQuery } from '@tanstack/react-query';
import type { Query } from '../api/client.ts';
import { nextRenewalQuery, type Subscription } from '../api/payment-queries.ts';
import { amountText, dateText, numberText } from '../ui/format.ts';
import classes from './payments.module.css';

/** As in `€49.90 a month` or `€120 every 3 months`. */
export function priceText({ amount, currency, interval, interval_count: count }: Subscription): string {
  const price = amount === null ? null : amountText(amount, currency);
  const every =
    count > 1 ? `every ${numberText(count)} ${interval}s` : interval === 'day' ? 'daily' : `a ${interval}`;
  return price === null ? every : `${price} ${every}`;
}

/** The next payment of the active subscriptions of a record. */
export function NextRenewal({ filter }: { filter: Query }) {
  const { data } = useQuery(nextRenewalQuery(filter));
  const next = (data?.data as Subscription[] | undefined)?.find(
    ({ current_period_end: end, cancel_at: cancelAt }) => end !== null && cancelAt === null,
  );
  if (!next?.current_period_end) return null;
  return (
    <dl className={classes.totals} aria-label="Next renewal">
      <dt>Renews next</dt>
      <dd>
        {dateText(Date.parse(next.current_period_end))}
        {next.amount !== null && ` · ${amountText(next.amount, next.currency)}`}
      </dd>
    </dl>
  );
}
