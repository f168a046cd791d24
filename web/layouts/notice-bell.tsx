import { ActionIcon, Indicator, Popover, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconBell } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { noticesQuery } from '../api/notice-queries.ts';

const NoticeList = lazy(async () => ({ default: (await import('./notice-list.tsx')).NoticeList }));

/** The notifications of the user, with their number. */
export function NoticeBell() {
  const [opened, { toggle, close }] = useDisclosure();
  const list = useInfiniteQuery(noticesQuery);
  const { data = [], hasNextPage } = list;
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
          <Suspense fallback={null}>
            <NoticeList list={list} onNavigate={close} />
          </Suspense>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}
