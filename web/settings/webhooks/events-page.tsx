import { Button, Checkbox } from '@mantine/core';
import { IconBolt } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { eventsQuery, type HappenedEvent } from '../../api/event-queries.ts';
import { capitalised } from '../../ui/capitalised.ts';
import { columnsFor, DataTable, RowButton } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { fieldLabel } from '../../ui/field-label.ts';
import { FilterBar } from '../../ui/filters.tsx';
import { Moment } from '../../ui/moment.tsx';
import { MomentFilter } from '../../ui/moment-filter.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { EventDrawer } from './event-drawer.tsx';
import type { EventSearch } from './event-search.ts';
import { EventTypeFilter } from './event-type-filter.tsx';

const route = getRouteApi('/inside/settings/events');

/** What happened, newest first, with how many webhooks were told, and why one was not. */
export function EventsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const list = useInfiniteQuery(eventsQuery(search));
  const [opened, open] = useState<string | null>(null);
  const [columns] = useState(() => columnsOpening(open));
  const onSearch = (change: EventSearch) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const isNarrowed = Object.values(search).some((value) => value !== undefined);
  // What is rare may lie behind pages with nothing on them.
  const isDeep = list.data?.length === 0 && list.hasNextPage;

  return (
    <>
      <PageHeader
        title="Events"
        intro="All that happened in the workspace, newest first: how many webhooks were told of it, and why one was not."
      />
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
          <EmptyState
            icon={IconBolt}
            title={isNarrowed ? 'No event is like that' : 'Nothing has happened yet'}
          >
            {isDeep ? (
              <Button
                variant="default"
                loading={list.isFetchingNextPage}
                onClick={() => void list.fetchNextPage()}
              >
                Look further back
              </Button>
            ) : (
              !isNarrowed && 'Every change of a record is an event, and shows here.'
            )}
          </EmptyState>
        }
      />
      {opened !== null && <EventDrawer id={opened} onClose={() => open(null)} />}
    </>
  );
}

function columnsOpening(open: (id: string) => void) {
  const column = columnsFor<HappenedEvent>();
  return column.columns([
    column.accessor('type', {
      header: 'Event',
      meta: { width: '14rem' },
      cell: ({ row }) => <RowButton onClick={() => open(row.original.id)}>{row.original.type}</RowButton>,
    }),
    column.display({
      id: 'about',
      header: 'About',
      cell: ({ row }) => aboutOf(row.original),
    }),
    column.accessor('reason', {
      header: 'Webhooks',
      meta: { width: '32%' },
      cell: ({ row: { original } }) => outcomeOf(original),
    }),
    column.accessor('occurred_at', {
      header: 'When',
      meta: { width: '8rem' },
      cell: ({ getValue }) => <Moment at={getValue()} />,
    }),
  ]);
}

/** What an event is about, as people call it. */
function aboutOf({ object_type: object, data }: HappenedEvent): string {
  const person = [data['first_name'], data['last_name']].filter(Boolean).join(' ');
  const name = [data['name'], data['title'], person, data['email']].find(
    (item) => typeof item === 'string' && item !== '',
  );
  return typeof name === 'string' ? name : fieldLabel(object);
}

/** How many webhooks were told; where none was, or one kept it out, why. */
function outcomeOf({ matched, reason }: HappenedEvent): string {
  if (matched === 0) return capitalised(reason ?? 'sent to none');
  return reason === null ? sentTo(matched) : `${sentTo(matched)}; another: ${reason}`;
}

function sentTo(count: number): string {
  return count === 1 ? 'Sent to one webhook' : `Sent to ${count} webhooks`;
}
