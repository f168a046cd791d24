import { ActionIcon, Tooltip } from '@mantine/core';
import { IconAlertTriangle, IconCalendarPlus, IconCheck, IconCopy, IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { bookingPagesQuery, type BookingPage } from '../../api/booking-page-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { paths } from '../../paths.ts';
import { columnsFor, DataTable, RowLink } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { ButtonLink } from '../../ui/router-links.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { useCopy } from '../../ui/use-copy.ts';
import { AppointmentsOff } from '../appointments/appointments-off.tsx';
import classes from './booking-page-list.module.css';
import { minutesText } from './minutes-select.tsx';

const column = columnsFor<BookingPage>();
const COLUMNS = column.columns([
  column.accessor('title', {
    header: 'Title',
    cell: ({ row }) => <RowLink {...paths.bookingPage(row.original.id)}>{row.original.title}</RowLink>,
  }),
  column.display({
    id: 'state',
    header: 'State',
    meta: { width: '9rem' },
    cell: ({ row }) => <BookingPageState page={row.original} />,
  }),
  column.accessor('duration_min', {
    header: 'Duration',
    meta: { width: '12rem' },
    cell: ({ getValue }) => getValue().map(minutesText).join(', '),
  }),
  column.display({
    id: 'hosts',
    header: 'Hosts',
    meta: { width: '22%' },
    cell: ({ row }) => row.original.host_settings.map(({ name }) => name ?? 'Former member').join(', '),
  }),
  column.accessor('url', {
    header: 'Public link',
    meta: { width: '26%', desktopOnly: true },
    cell: ({ row }) => <PublicLink page={row.original} />,
  }),
]);

export function BookingPageList() {
  const list = useInfiniteQuery(bookingPagesQuery);
  const mayManage = useHasScope('booking:manage');
  const button = mayManage && (
    <ButtonLink {...paths.newBookingPage()} leftSection={<IconPlus size={16} />}>
      New booking page
    </ButtonLink>
  );
  return (
    <>
      <PageHeader intro="Pages on which guests choose a free time and book it." actions={button} />
      <AppointmentsOff />
      <DataTable
        label="Booking pages"
        columns={COLUMNS}
        list={list}
        empty={
          <EmptyState icon={IconCalendarPlus} title="No booking pages yet">
            Create one, then share its link. Guests see only the times at which the host is free.
            {button}
          </EmptyState>
        }
      />
    </>
  );
}

/** Whether guests can book it, and whether something keeps them from it. */
export function BookingPageState({ page: { active, problems } }: { page: BookingPage }) {
  if (!active) return <StateBadge tone="calm">inactive</StateBadge>;
  if (problems.length === 0) return <StateBadge tone="good">active</StateBadge>;
  return (
    <Tooltip label={problems.map(({ message }) => message).join(' ')} multiline maw={360}>
      <span className={classes.problem}>
        <IconAlertTriangle size={14} aria-hidden />{' '}
        {problems.length === 1 ? '1 problem' : `${problems.length} problems`}
      </span>
    </Tooltip>
  );
}

function PublicLink({ page: { url, title } }: { page: BookingPage }) {
  const { copied, copy } = useCopy();
  return (
    <span className={classes.link}>
      <span>{new URL(url).pathname}</span>
      <Tooltip label={copied ? 'Copied' : 'Copy link'}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={`Copy the link of ${title}`}
          onClick={() => void copy(url)}
        >
          {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
        </ActionIcon>
      </Tooltip>
    </span>
  );
}
