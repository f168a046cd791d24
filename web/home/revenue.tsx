import { useQuery } from '@tanstack/react-query';
import { paymentSummaryQuery } from '../api/payment-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { paths } from '../paths.ts';
import { amountText, numberText } from '../ui/format.ts';
import { TextLink } from '../ui/router-links.tsx';
import classes from './home-page.module.css';
import { HomeSection } from './home-section.tsx';

/** Recurring revenue and what was received, per currency. Nothing for a workspace without payments. */
export function Revenue() {
  const mayRead = useHasScope('payments:read');
  const { data } = useQuery({ ...paymentSummaryQuery, enabled: mayRead });
  if (!data || (data.recurring.length === 0 && data.received.length === 0)) return null;
  return (
    <HomeSection
      title="Revenue"
      link={
        <TextLink {...paths.records('payments')} size="sm">
          All payments
        </TextLink>
      }
      isLoaded
      empty=""
    >
      {[
        ...data.recurring.map(({ currency, monthly, subscriptions }) => (
          <li key={`recurring ${currency}`}>
            <span className={classes.name}>Recurring, a month</span>
            <span className={classes.aside}>
              {numberText(subscriptions)} {subscriptions === 1 ? 'subscription' : 'subscriptions'}
            </span>
            <span>{amountText(monthly, currency)}</span>
          </li>
        )),
        ...data.received.map(({ currency, received, refunded }) => (
          <li key={`received ${currency}`}>
            <span className={classes.name}>Received in 30 days</span>
            {refunded > 0 && (
              <span className={classes.aside}>after {amountText(refunded, currency)} refunded</span>
            )}
            <span>{amountText(received - refunded, currency)}</span>
          </li>
        )),
      ]}
    </HomeSection>
  );
}
