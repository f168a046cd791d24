import { ActionIcon, Button, ScrollArea, Text } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import type { ComponentType } from 'react';
import { useDismissNotice, type Notice } from '../api/notice-queries.ts';
import { useObject } from '../api/object-queries.ts';
import { paths } from '../paths.ts';
import { Actor } from '../record/actor.tsx';
import { RecordName } from '../record/record-link.tsx';
import type { ReadList } from '../ui/data-table.tsx';
import { Moment } from '../ui/relative-time.tsx';
import { notifyError } from '../ui/notify.tsx';
import { TextLink } from '../ui/router-links.tsx';
import classes from './notice-list.module.css';

/** @param onNavigate called when a link is followed */
export function NoticeList({ list, onNavigate }: { list: ReadList<Notice>; onNavigate(): void }) {
  const { data = [], hasNextPage, fetchNextPage } = list;
  return (
    <ScrollArea.Autosize mah="22rem">
      <ul className={classes.list}>
        {data.map((notice) => (
          <Item key={notice.id} notice={notice} onNavigate={onNavigate} />
        ))}
      </ul>
      {hasNextPage && (
        <Button variant="subtle" fullWidth onClick={() => void fetchNextPage()}>
          Show more
        </Button>
      )}
    </ScrollArea.Autosize>
  );
}

function Item({ notice, onNavigate }: ItemProps) {
  const { mutate: dismiss, isPending } = useDismissNotice();
  const Body = BODIES[notice.type] ?? Stopped;
  const about = ABOUT[notice.type] ?? (notice.details['name'] as string);
  return (
    <li className={classes.item}>
      <div className={classes.lines}>
        <Body notice={notice} onNavigate={onNavigate} />
        <Text size="xs" c="dimmed">
          <Moment at={notice.created_at} />
        </Text>
      </div>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Dismiss notification about ${about}`}
        loading={isPending}
        onClick={() => dismiss(notice.id, { onError: notifyError })}
      >
        <IconX size={16} stroke={1.6} />
      </ActionIcon>
    </li>
  );
}

interface ItemProps {
  notice: Notice;
  onNavigate(): void;
}

/** A webhook that was disabled, or an email account that was paused. */
function Stopped({ notice, onNavigate }: ItemProps) {
  const { name, reason } = notice.details as { name: string; reason: string };
  const isAccount = notice.type === 'email.account_paused';
  const link = isAccount ? paths.connection(notice.object_id) : paths.webhook(notice.object_id);
  return (
    <>
      <Text size="sm" fw={500}>
        The {isAccount ? 'email account' : 'webhook'}{' '}
        <TextLink {...link} onClick={onNavigate}>
          {name}
        </TextLink>{' '}
        was {isAccount ? 'paused' : 'disabled'}
      </Text>
      <Text size="sm">{reason}</Text>
    </>
  );
}

/** Leads to the first of the mails. */
function BlockedEmail({ notice, onNavigate }: ItemProps) {
  const { reason, email_id: id } = notice.details as { reason: string; email_id: string };
  return (
    <>
      <Text size="sm" fw={500}>
        A mail server refused{' '}
        <TextLink {...paths.record('emails', id)} onClick={onNavigate}>
          an email
        </TextLink>{' '}
        as unwanted
      </Text>
      <Text size="sm">{reason}</Text>
    </>
  );
}

/** Leads to the record that the note is on. */
function Mention({ notice, onNavigate }: ItemProps) {
  const {
    actor,
    record_type: type = 'note',
    record_id: id = notice.object_id,
  } = notice.details as {
    actor: string;
    record_type?: string;
    record_id?: string;
  };
  const object = useObject(type);
  return (
    <Text size="sm" fw={500}>
      <Actor actor={actor} /> mentioned you in a note
      {object && (
        <>
          {' on '}
          <TextLink {...paths.record(object.plural, id)} onClick={onNavigate}>
            <RecordName objectKey={type} id={id} />
          </TextLink>
        </>
      )}
    </Text>
  );
}

/** Appointments ahead and booking pages of a host who is no longer a member. */
function HostLeft({ notice, onNavigate }: ItemProps) {
  const { name, appointments, pages } = notice.details as {
    name: string;
    appointments: number;
    pages: string[];
  };
  return (
    <>
      <Text size="sm" fw={500}>
        {name} left the workspace
      </Text>
      {appointments > 0 && (
        <Text size="sm">
          <TextLink
            {...paths.records('appointments')}
            search={{ view: 'table', host_id: notice.object_id, sort: 'starts_at' }}
            onClick={onNavigate}
          >
            {appointments === 1 ? '1 appointment' : `${appointments} appointments`}
          </TextLink>{' '}
          ahead {appointments === 1 ? 'needs' : 'need'} another host.
        </Text>
      )}
      {pages.length > 0 && (
        <Text size="sm">
          Without a host:{' '}
          <TextLink {...paths.bookingPages()} onClick={onNavigate}>
            {pages.join(', ')}
          </TextLink>
        </Text>
      )}
    </>
  );
}

/** What a notification shows, by its type; the others are about what was stopped. */
const BODIES: Readonly<Record<string, ComponentType<ItemProps>>> = {
  'note.mentioned': Mention,
  'email.blocked': BlockedEmail,
  'appointment.host_left': HostLeft,
};
const ABOUT: Readonly<Record<string, string>> = {
  'note.mentioned': 'a mention',
  'email.blocked': 'a refused email',
};
