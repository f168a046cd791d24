import { ActionIcon, Button, Indicator, Popover, ScrollArea, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconBell, IconX } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { noticesQuery, useDismissNotice, type Notice } from '../api/notice-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { paths } from '../paths.ts';
import { Moment } from '../ui/relative-time.tsx';
import { notifyError } from '../ui/notify.tsx';
import { TextLink } from '../ui/router-links.tsx';
import classes from './notice-bell.module.css';

/** The notifications of owners and admins, with their number. */
export function NoticeBell() {
  return useHasScope('workspace:manage') ? <Bell /> : null;
}

function Bell() {
  const [opened, { toggle, close }] = useDisclosure();
  const { data = [], hasNextPage, fetchNextPage } = useInfiniteQuery(noticesQuery);
  const count = hasNextPage ? `${data.length}+` : String(data.length);
  return (
    <Popover opened={opened} onChange={toggle} position="bottom-start" width={340} shadow="md" trapFocus>
      <Indicator label={count} size={16} color="red" offset={5} disabled={data.length === 0}>
        <Popover.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={data.length === 0 ? 'Notifications' : `Notifications: ${count}`}
            onClick={toggle}
          >
            <IconBell size={18} stroke={1.6} />
          </ActionIcon>
        </Popover.Target>
      </Indicator>
      <Popover.Dropdown p={0} aria-label="Notifications">
        {data.length === 0 ? (
          <Text size="sm" c="dimmed" p="md">
            No notifications
          </Text>
        ) : (
          <ScrollArea.Autosize mah="22rem">
            <ul className={classes.list}>
              {data.map((notice) => (
                <Item key={notice.id} notice={notice} onNavigate={close} />
              ))}
            </ul>
            {hasNextPage && (
              <Button variant="subtle" fullWidth onClick={() => void fetchNextPage()}>
                Show more
              </Button>
            )}
          </ScrollArea.Autosize>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}

function Item({ notice, onNavigate }: { notice: Notice; onNavigate(): void }) {
  const { mutate: dismiss, isPending } = useDismissNotice();
  const { name, reason } = notice.details as { name: string; reason: string };
  return (
    <li className={classes.item}>
      <div className={classes.lines}>
        <Text size="sm" fw={500}>
          The webhook{' '}
          <TextLink {...paths.webhook(notice.object_id)} onClick={onNavigate}>
            {name}
          </TextLink>{' '}
          was disabled
        </Text>
        <Text size="sm">{reason}</Text>
        <Text size="xs" c="dimmed">
          <Moment at={notice.created_at} />
        </Text>
      </div>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Dismiss notification about ${name}`}
        loading={isPending}
        onClick={() => dismiss(notice.id, { onError: notifyError })}
      >
        <IconX size={16} stroke={1.6} />
      </ActionIcon>
    </li>
  );
}
