import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { failedPaymentsQuery, paymentSummaryQuery, type Payment } from '../api/payment-queries.ts';
import { useObject } from '../api/object-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { paths } from '../paths.ts';
import { recordTitle } from '../record/record-title.ts';
import { amountText, numberText } from '../ui/format.ts';
import { Moment } from '../ui/relative-time.tsx';
import { TextLink } from '../ui/router-links.tsx';
import { StateBadge } from '../ui/state-badge.tsx';
import classes from './home-page.module.css';
import { HomeSection } from './home-section.tsx';

const DAY_MS = 86_400_000;
const FAILED_DAYS = 7;

/** Payments that failed in the last days, or that a person has to look into. Nothing if there are none. */
export function PaymentsToSettle() {
  const mayRead = useHasScope('payments:read');
  const object = useObject('payment');
  // The day, so that a new visit within it uses the same response.
  const [since] = useState(() =>
    new Date(Math.floor(Date.now() / DAY_MS) * DAY_MS - FAILED_DAYS * DAY_MS).toISOString(),
  );
  const { data: summary } = useQuery({ ...paymentSummaryQuery, enabled: mayRead });
  const { data: failed } = useQuery({ ...failedPaymentsQuery(since), enabled: mayRead });
  const counts = [
    {
      label: 'without a contact',
      count: summary?.unmatched,
      link: { ...paths.records('payments'), search: { matched_by: 'unmatched' } },
      state: 'Unmatched',
    },
    {
      label: 'with an uncertain contact',
      count: summary?.ambiguous,
      link: { ...paths.records('payments'), search: { match_ambiguous: 'true' } },
      state: 'Ambiguous',
    },
    {
      label: 'with a dispute',
      count: summary?.disputed,
      link: { ...paths.records('payments'), search: { disputed: 'true' } },
      state: 'Disputed',
    },
  ].filter(({ count = 0 }) => count > 0);
  const total = counts.reduce((sum, { count = 0 }) => sum + count, failed?.count ?? 0);
  if (!object || total === 0) return null;
  return (
    <HomeSection
      title="Payments to look into"
      count={total}
      link={
        (failed?.count ?? 0) > 0 && (
          <TextLink {...paths.records('payments')} search={{ status: 'failed' }} size="sm">
            All failed payments
          </TextLink>
        )
      }
      isLoaded
      empty=""
    >
      {[
        ...((failed?.data ?? []) as unknown as Payment[]).map((payment) => (
          <li key={payment.id}>
            <TextLink {...paths.record('payments', payment.id)} className={classes.name}>
              {recordTitle(object, payment)}
            </TextLink>
            <span>{amountText(payment.amount, payment.currency)}</span>
            <StateBadge tone="bad">Failed</StateBadge>
            {payment.failed_at !== null && (
              <span className={classes.aside}>
                <Moment at={payment.failed_at} />
              </span>
            )}
          </li>
        )),
        ...counts.map(({ label, count = 0, link, state }) => (
          <li key={state}>
            <TextLink {...link} className={classes.name}>
              {numberText(count)} {count === 1 ? 'payment' : 'payments'} {label}
            </TextLink>
            <StateBadge tone={state === 'Disputed' ? 'bad' : 'warning'}>{state}</StateBadge>
          </li>
        )),
      ]}
    </HomeSection>
  );
}
