import { useQuery } from '@tanstack/react-query';
import { newestLeadsQuery } from '../api/lead-queries.ts';
import { leadName } from '../crm/leads/lead-name.ts';
import { paths } from '../paths.ts';
import { Moment } from '../ui/relative-time.tsx';
import { TextLink } from '../ui/router-links.tsx';
import classes from './home-page.module.css';
import { HomeSection } from './home-section.tsx';

/** The status of a lead that nobody has taken up. */
const NEW = 'new';
const MAX_SHOWN = 5;

/** The newest leads that nobody has taken up. */
export function NewLeads() {
  const { data, error, refetch } = useQuery(newestLeadsQuery(NEW, MAX_SHOWN));
  return (
    <HomeSection
      title="New leads"
      count={data?.total_count}
      link={
        <TextLink {...paths.records('leads')} search={{ status: NEW }} size="sm">
          All new leads
        </TextLink>
      }
      isLoaded={data !== undefined}
      error={error}
      onRetry={() => void refetch()}
      empty="No lead is waiting."
    >
      {(data?.data ?? []).map((lead) => (
        <li key={lead.id}>
          <TextLink {...paths.record('leads', lead.id)} className={classes.name}>
            {leadName(lead)}
          </TextLink>
          <span className={classes.aside}>{[lead.event_type, lead.source].filter(Boolean).join(' · ')}</span>
          <span className={classes.aside}>
            <Moment at={lead.created_at} />
          </span>
        </li>
      ))}
    </HomeSection>
  );
}
