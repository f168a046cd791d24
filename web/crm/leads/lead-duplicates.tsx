import { Button, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { leadDuplicatesQuery, type Lead } from '../../api/lead-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { paths } from '../../paths.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import { TextLink } from '../../ui/router-links.tsx';
import { ConvertedBadge } from './lead-converted.tsx';
import classes from '../../record/merge/record-duplicates.module.css';
import { leadName } from './lead-name.ts';
import { LeadStatus } from './lead-status.tsx';

/** The rest is shown on request. */
const MAX_SHOWN = 3;

/** Other leads that may be the same person. */
export function LeadDuplicates({ lead }: { lead: Lead }) {
  const { data: duplicates, error, refetch } = useQuery(leadDuplicatesQuery(lead.id));
  const mayMerge = useHasScope('leads:write');
  const [showsAll, setShowsAll] = useState(false);
  if (error && !duplicates) return <ErrorPanel error={error} retry={() => void refetch()} />;
  if (!duplicates || duplicates.length === 0) return null;
  return (
    <section className={classes.root} aria-labelledby="duplicates-title">
      <Title order={2} id="duplicates-title">
        Possible duplicates
      </Title>
      <ul className={classes.list} aria-labelledby="duplicates-title">
        {duplicates.slice(0, showsAll ? undefined : MAX_SHOWN).map((other) => (
          <li key={other.id}>
            <TextLink {...paths.record('leads', other.id)}>{leadName(other)}</TextLink>
            <span className={classes.about}>
              no. {other.number} · {matchReason(lead, other)} · <Moment at={other.created_at} />
            </span>
            <LeadStatus status={other.status} />
            <ConvertedBadge lead={other} />
            {mayMerge && (
              <TextLink {...paths.mergeOf('leads', lead.id, other.id)}>Compare and merge</TextLink>
            )}
          </li>
        ))}
      </ul>
      {duplicates.length > MAX_SHOWN && !showsAll && (
        <Button variant="subtle" size="compact-xs" ml={-7} onClick={() => setShowsAll(true)}>
          Show all {duplicates.length}
        </Button>
      )}
    </section>
  );
}

/** The API matches by email or by the digits of the phone number. */
function matchReason(item: Lead, other: Lead): string {
  const email = item.email !== null && item.email.toLowerCase() === other.email?.toLowerCase();
  const phone = digits(item) !== '' && digits(item) === digits(other);
  return email && phone ? 'same email and phone' : email ? 'same email' : 'same phone';
}

function digits({ phone }: Lead): string {
  return phone?.replaceAll(/[^0-9]/g, '') ?? '';
}
