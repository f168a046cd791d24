import { Button } from '@mantine/core';
import { IconFilterOff, IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Query } from '../api/client.ts';
import type { BaseRecord, RecordQueries } from '../api/record-queries.ts';
import { useMay } from '../api/session-queries.ts';
import { DataTable, type Column } from '../ui/data-table.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { FilterBar } from '../ui/filters.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import type { ListView } from './list-search.ts';

/** A page that lists records of one kind: filters, table, and a drawer to make a new one. */
export function RecordsPage<R extends BaseRecord, Input extends object, Search extends ListView>({
  title,
  noun,
  queries,
  columns,
  search,
  onSearch,
  filters,
  tools,
  inPlace,
  narrowed: whyNone = 'Filters compare whole values. Clear one to see more.',
  empty,
  form,
}: {
  title: string;
  /** In the singular, as in `contact`. */
  noun: string;
  queries: RecordQueries<R, Input>;
  columns: Column<R>[];
  search: Search;
  onSearch: (change: ListView) => void;
  filters: ReactNode;
  /** Beside the button that makes one. */
  tools?: ReactNode;
  /** What shows the records instead of the table, given how they are narrowed. */
  inPlace?: ((filter: Query) => ReactNode) | undefined;
  /** Where there is none because of the filters. */
  narrowed?: string;
  /** Where there is no record at all; `create` is the button to make one, where that is allowed. */
  empty: (create: ReactNode) => ReactNode;
  form: (close: () => void) => ReactNode;
}) {
  const { create, sort, ...narrowed } = search;
  const filter = narrowed as Record<string, string | undefined>;
  const list = useInfiniteQuery({ ...queries.list({ ...filter, sort }), enabled: !inPlace });
  const mayWrite = useMay(`${queries.plural}:write`);
  const creating = (open: true | undefined) => onSearch({ create: open });
  const button = mayWrite && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => creating(true)}>
      New {noun}
    </Button>
  );
  const isNarrowed = Object.values(filter).some((value) => value !== undefined);

  return (
    <>
      <PageHeader
        title={title}
        actions={
          <>
            {tools}
            {button}
          </>
        }
      />
      <FilterBar>{filters}</FilterBar>
      {inPlace ? inPlace(filter) : table()}
      {create && mayWrite && form(() => creating(undefined))}
    </>
  );

  function table() {
    return (
      <DataTable
        label={title}
        columns={columns}
        list={list}
        sort={sort ?? '-created_at'}
        onSort={(chosen) => onSearch({ sort: chosen })}
        empty={
          isNarrowed ? (
            <EmptyState icon={IconFilterOff} title={`No ${noun} matches`}>
              {whyNone}
            </EmptyState>
          ) : (
            empty(button)
          )
        }
      />
    );
  }
}
