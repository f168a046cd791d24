import { Badge, Button, Group, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { Email } from '../api/email-queries.ts';
import { emailHitsQuery, type EmailHit } from '../api/suppression-queries.ts';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { Moment } from '../ui/relative-time.tsx';
import classes from './email-hits.module.css';

/** Why a hit counts as it does, by the reason of its verdict. */
const REASONS: Readonly<Record<EmailHit['reason'], string>> = {
  self: 'a member of the workspace',
  method: 'no ordinary request',
  prefetch: 'loaded in advance',
  scanner: 'a mail scanner or a preview',
  bot: 'a bot',
  no_user_agent: 'an unnamed program',
  apple_mpp: 'Apple Mail Privacy Protection, which loads every mail',
  microsoft_safelinks: 'Microsoft Safe Links',
  microsoft_network: 'Outlook on the web, or a scanner of Microsoft',
  instant: 'faster than a person',
  honeypot: 'followed a link that people do not see',
  burst: 'several links at once',
  proxied: 'read in webmail',
  mail_client: 'read in a mail program',
  browser: 'in a browser',
};

const COLORS: Readonly<Record<EmailHit['verdict'], string>> = {
  human: 'green',
  machine: 'gray',
  unknown: 'yellow',
  ignored: 'gray',
};

/** Opens and clicks of a tracked email, each with its verdict and the reason. */
export function EmailHits({ email }: { email: Email }) {
  const isTracked = (email.track_opens || email.track_clicks) && (email.sent_at !== null || email.opens > 0);
  const {
    data = [],
    error,
    refetch,
    hasNextPage,
    fetchNextPage,
  } = useInfiniteQuery({
    ...emailHitsQuery(email.id),
    enabled: isTracked,
  });
  if (!isTracked) return null;
  const people = email.human_opens + email.human_clicks;
  const machines = email.opens + email.clicks - people;
  return (
    <section aria-label="Opens and clicks" className={classes.root}>
      <Text size="sm">
        {`Opens ${email.human_opens}, clicks ${email.human_clicks}, machines ${machines}`}
      </Text>
      {error && <ErrorPanel error={error} retry={() => void refetch()} />}
      {data.length > 0 && (
        <ul className={classes.list}>
          {data.map((hit) => (
            <Hit key={hit.id} hit={hit} />
          ))}
        </ul>
      )}
      {hasNextPage && (
        <Button variant="subtle" size="xs" onClick={() => void fetchNextPage()}>
          Show more
        </Button>
      )}
    </section>
  );
}

function Hit({ hit: { kind, url, at, verdict, reason, agent } }: { hit: EmailHit }) {
  return (
    <li>
      <Group gap="xs" wrap="nowrap">
        <Badge color={COLORS[verdict]} variant="light" flex="none">
          {verdict}
        </Badge>
        <Text size="sm" truncate>
          {kind === 'open' ? 'Opened' : `Clicked ${url ?? ''}`}
        </Text>
      </Group>
      <Text size="xs" c="dimmed">
        {agent && `${agent}: `}
        {REASONS[reason]} · <Moment at={at} />
      </Text>
    </li>
  );
}
