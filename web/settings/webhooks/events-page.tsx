import { Button, Checkbox } from '@mantine/core';
import { IconBolt } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { eventsQuery, type LoggedEvent } from '../../api/event-queries.ts';
import { capitalised } from '../../ui/capitalised.ts';
import { columnsFor, DataTable, RowButton } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { fieldLabel } from '../../ui/field-label.ts';
import { FilterBar } from '../../ui/filters.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import { MomentFilter } from '../../ui/time-filter.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { EventDrawer } from './event-drawer.tsx';
import type { EventSearch } from './event-search.ts';
import { EventTypeFilter } from './event-type-filter.tsx';

const route = getRouteApi('/inside/settings/events');

/** All events, newest first, with the webhooks that received them, or why not. */
export function EventsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const list = useInfiniteQuery(eventsQuery(search));
  const [opened, open] = useState<string | null>(null);
  const [columns] = useState(() => createColumns(open));
  const onSearch = (change: EventSearch) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const isFiltered = Object.values(search).some((value) => value !== undefined);
  // A rare match may be on a later page, after empty ones.
  const hasOlderPages = list.data?.length === 0 && list.hasNextPage;

  return (
    <>
      <PageHeader intro="All events in the workspace, newest first, and which were sent to webhooks." />
      <FilterBar>
        <EventTypeFilter value={search.type} onChange={(type) => onSearch({ type })} />
        <MomentFilter label="Since" value={search.since} onChange={(since) => onSearch({ since })} />
        <MomentFilter label="Until" value={search.until} onChange={(until) => onSearch({ until })} />
        <Checkbox
          label="Sent to no webhook"
          checked={search.matched === 'none'}
          onChange={(event) => onSearch({ matched: event.currentTarget.checked ? 'none' : undefined })}
        />
      </FilterBar>
      <DataTable
        label="Events"
        columns={columns}
        list={list}
        empty={
          <EmptyState icon={IconBolt} title={isFiltered ? 'No matching events' : 'No events yet'}>
            {hasOlderPages ? (
              <Button
                variant="default"
                loading={list.isFetchingNextPage}
                onClick={() => void list.fetchNextPage()}
              >
                Load older events
              </Button>
            ) : (
              !isFiltered && 'Every change to a record creates an event.'
            )}
          </EmptyState>
        }
      />
      {opened !== null && <EventDrawer id={opened} onClose={() => open(null)} />}
    </>
  );
}

function createColumns(open: (id: string) => void) {
  const column = columnsFor<LoggedEvent>();
  return column.columns([
    column.accessor('type', {
      header: 'Event',
      meta: { width: '14rem' },
      cell: ({ row }) => <RowButton onClick={() => open(row.original.id)}>{row.original.type}</RowButton>,
    }),
    column.display({
      id: 'subject',
      header: 'Record',
      cell: ({ row }) => eventSubject(row.original),
    }),
    column.accessor('reason', {
      header: 'Webhooks',
      meta: { width: '32%' },
      cell: ({ row: { original } }) => webhookOutcome(original),
    }),
    column.accessor('occurred_at', {
      header: 'Time',
      meta: { width: '8rem' },
      cell: ({ getValue }) => <Moment at={getValue()} />,
    }),
  ]);
}

/** The name of the record of an event. */
function eventSubject({ object_type: object, data }: LoggedEvent): string {
  const person = [data['first_name'], data['last_name']].filter(Boolean).join(' ');
  const name = [data['name'], data['title'], person, data['email']].find(
    (item) => typeof item === 'string' && item !== '',
  );
  return typeof name === 'string' ? name : fieldLabel(object);
}

/** The number of webhooks that received the event, and the reason if one did not. */
function webhookOutcome({ matched, reason }: LoggedEvent): string {
  if (matched === 0) return capitalised(reason ?? 'not sent');
  return reason === null ? sentTo(matched) : `${sentTo(matched)}. Another webhook: ${reason}`;
}

function sentTo(count: number): string {
  return count === 1 ? 'Sent to 1 webhook' : `Sent to ${count} webhooks`;
}
