import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { agendaQuery } from '../api/agenda-queries.ts';
import { paths } from '../paths.ts';
import { amountText } from '../ui/format.ts';
import { Day } from '../ui/relative-time.tsx';
import { TextLink } from '../ui/router-links.tsx';
import classes from './home-page.module.css';
import { HomeSection } from './home-section.tsx';

const MAX_SHOWN = 8;

/** Open deals by their expected close date. */
export function ClosingDeals() {
  const { data, error, refetch } = useQuery(agendaQuery);
  return (
    <HomeSection
      title="Deals closing soon"
      count={data?.deals?.total_count}
      link={
        <TextLink {...paths.records('deals')} search={{ status: 'open' }} size="sm">
          All open deals
        </TextLink>
      }
      isLoaded={data !== undefined}
      error={error}
      onRetry={() => void refetch()}
      empty="No open deal is expected to close within 30 days."
    >
      {(data?.deals?.data ?? []).slice(0, MAX_SHOWN).map((deal) => (
        <li key={deal.id}>
          <TextLink {...paths.record('deals', deal.id)} className={classes.name}>
            {deal.name}
          </TextLink>
          {deal.value !== null && <span>{amountText(deal.value, deal.currency)}</span>}
          {deal.expected_close_date && (
            <Text
              component="span"
              className={classes.aside}
              {...(deal.expected_close_date < data!.today && { c: 'var(--mantine-color-error)' })}
            >
              <Day date={deal.expected_close_date} />
            </Text>
          )}
        </li>
      ))}
    </HomeSection>
  );
}
