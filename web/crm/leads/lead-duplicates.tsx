import { Button, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { duplicatesOf, type Lead } from '../../api/lead-queries.ts';
import { paths } from '../../paths.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { Moment } from '../../ui/moment.tsx';
import { TextLink } from '../../ui/router-links.tsx';
import { ConvertedMark } from './lead-converted.tsx';
import classes from './lead-duplicates.module.css';
import { leadName } from './lead-name.ts';
import { LeadStatus } from './lead-status.tsx';

/** More than these are shown when asked for. */
const SHOWN = 3;

/** Other leads that may be the same person; nothing where there are none. */
export function LeadDuplicates({ lead }: { lead: Lead }) {
  const { data: alike, error, refetch } = useQuery(duplicatesOf(lead.id));
  const [all, showAll] = useState(false);
  if (error && !alike) return <ErrorPanel error={error} retry={() => void refetch()} />;
  if (!alike || alike.length === 0) return null;
  return (
    <section className={classes.root} aria-labelledby="alike-title">
      <Title order={2} id="alike-title">
        Perhaps the same person
      </Title>
      <ul className={classes.list} aria-labelledby="alike-title">
        {alike.slice(0, all ? undefined : SHOWN).map((other) => (
          <li key={other.id}>
            <TextLink {...paths.lead(other.id)}>{leadName(other)}</TextLink>
            <span className={classes.about}>
              no. {other.number} · {inCommon(lead, other)} · <Moment at={other.created_at} />
            </span>
            <LeadStatus status={other.status} />
            <ConvertedMark lead={other} />
          </li>
        ))}
      </ul>
      {alike.length > SHOWN && !all && (
        <Button variant="subtle" size="compact-xs" ml={-7} onClick={() => showAll(true)}>
          Show all {alike.length}
        </Button>
      )}
    </section>
  );
}

/** The API finds leads by either; the phone by its digits. */
function inCommon(item: Lead, other: Lead): string {
  const email = item.email !== null && item.email.toLowerCase() === other.email?.toLowerCase();
  const phone = digits(item) !== '' && digits(item) === digits(other);
  return email && phone ? 'same email and phone' : email ? 'same email' : 'same phone';
}

function digits({ phone }: Lead): string {
  return phone?.replaceAll(/[^0-9]/g, '') ?? '';
}
