import { Button, Checkbox, Text, Title } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import {
  calendarFeedsQuery,
  useCreateCalendarFeed,
  useRemoveCalendarFeed,
  type CalendarFeed,
  type MemberAvailability,
} from '../../api/availability-queries.ts';
import { useHasScope, useSession } from '../../api/session-queries.ts';
import { paths } from '../../paths.ts';
import { confirm } from '../../ui/confirm.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { notifyDone, notifyWhenDone } from '../../ui/notify.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import { TextLink } from '../../ui/router-links.tsx';
import { SecretModal } from '../../ui/secret-modal.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import classes from './availability-page.module.css';

/** The calendars whose events make a member busy. */
export function BusyCalendars({ calendars }: Pick<MemberAvailability, 'calendars'>) {
  const mayConnect = useHasScope('connections:read');
  return (
    <section aria-labelledby="busy-calendars" className={classes.part}>
      <Title order={2} id="busy-calendars">
        Calendars that make you busy
      </Title>
      {calendars.length === 0 && (
        <Text c="dimmed">
          No calendar is connected. Guests may choose times at which you have other plans.
          {mayConnect && (
            <>
              {' '}
              See <TextLink {...paths.connections()}>Connections</TextLink>.
            </>
          )}
        </Text>
      )}
      {calendars.length > 0 && (
        <ul className={classes.list}>
          {calendars.map((item) => (
            <li key={item.connection_id}>
              <span className={classes.main}>
                {item.name}
                {item.problem_text && <Text c="dimmed">{item.problem_text}</Text>}
              </span>
              <span className={classes.aside}>
                {item.synced_at === null ? 'Never read' : <Moment at={item.synced_at} />}
              </span>
              <StateBadge tone={!item.active ? 'calm' : item.stale ? 'bad' : 'good'}>
                {!item.active ? 'off' : item.stale ? 'not reachable' : 'connected'}
              </StateBadge>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** The secret URLs by which other calendars show a member's appointments. */
export function CalendarFeeds({ userId }: { userId: string }) {
  const { user } = useSession();
  const { data, error, refetch } = useQuery(calendarFeedsQuery);
  const { mutateAsync: create, isPending } = useCreateCalendarFeed();
  const [isBusyOnly, setBusyOnly] = useState(false);
  const [url, setUrl] = useState<string | null>(null);
  const feeds = (data ?? []).filter((feed) => feed.user_id === userId);
  const createFeed = () =>
    notifyWhenDone(create({ user_id: userId, busy_only: isBusyOnly }), (feed) => setUrl(feed.url));
  return (
    <section aria-labelledby="calendar-feed" className={classes.part}>
      <Title order={2} id="calendar-feed">
        Calendar feed
      </Title>
      <Text c="dimmed">
        A secret URL that shows {userId === user.id ? 'your' : 'the member’s'} appointments in Google
        Calendar, Outlook or Apple Calendar. They read it at their own pace: Google every 8 to 24 hours,
        Outlook about every 3 hours, Apple as you set it.
      </Text>
      {error && !data && <ErrorPanel error={error} retry={() => void refetch()} />}
      {feeds.length > 0 && (
        <ul className={classes.list}>
          {feeds.map((feed) => (
            <Feed key={feed.id} feed={feed} />
          ))}
        </ul>
      )}
      <Checkbox
        label="Show only that I am busy"
        description="Without titles, guests and places."
        checked={isBusyOnly}
        onChange={({ currentTarget }) => setBusyOnly(currentTarget.checked)}
      />
      <div>
        <Button
          variant="default"
          leftSection={<IconPlus size={15} />}
          loading={isPending}
          onClick={createFeed}
        >
          New feed URL
        </Button>
      </div>
      {url !== null && (
        <SecretModal title="Calendar feed" label="Feed URL" secret={url} onDone={() => setUrl(null)}>
          Add this URL to your calendar as a subscription. It is shown only now. Anyone who has it can read
          the appointments.
        </SecretModal>
      )}
    </section>
  );
}

function Feed({ feed }: { feed: CalendarFeed }) {
  const { mutateAsync: revoke } = useRemoveCalendarFeed();
  const confirmRevocation = () =>
    confirm({
      title: 'Revoke this feed?',
      text: 'Its URL stops working at once. Calendars that use it show no new appointments.',
      action: 'Revoke feed',
      onConfirm: () => notifyWhenDone(revoke(feed.id), () => notifyDone('Feed revoked')),
    });
  return (
    <li>
      <span className={classes.main}>
        {feed.busy_only ? 'Busy times only' : 'All details'}
        <Text c="dimmed">
          Created <Moment at={feed.created_at} />,{' '}
          {feed.last_read_at === null ? (
            'never read'
          ) : (
            <>
              last read <Moment at={feed.last_read_at} />
            </>
          )}
        </Text>
      </span>
      <Button variant="subtle" color="red" size="xs" onClick={confirmRevocation}>
        Revoke
      </Button>
    </li>
  );
}
