import { Button } from '@mantine/core';
import { IconFilterOff, IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Query } from '../api/client.ts';
import type { BaseRecord, RecordQueries } from '../api/record-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { DataTable, type Column } from '../ui/data-table.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { FilterBar } from '../ui/filters.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import type { ListView } from './list-search.ts';

/** The list page of an object: filters, table and the create form. */
export function RecordsPage<R extends BaseRecord, Input extends object, Search extends ListView>({
  title,
  noun,
  queries,
  columns,
  search,
  onSearch,
  filters,
  tools,
  customView,
  noMatchHint = 'Filters match exact values. Try clearing one.',
  empty,
  form,
}: {
  title: string;
  /** Singular, as in `contact`. */
  noun: string;
  queries: RecordQueries<R, Input>;
  columns: Column<R>[];
  search: Search;
  onSearch: (change: ListView) => void;
  filters: ReactNode;
  /** Next to the create button. */
  tools?: ReactNode;
  /** Shows the filtered records in place of the table. */
  customView?: ((filter: Query) => ReactNode) | undefined;
  /** Shown when no record matches the filters. */
  noMatchHint?: string;
  /** Shown when there are no records. `create` is the create button, if the session may use it. */
  empty: (create: ReactNode) => ReactNode;
  form: (close: () => void) => ReactNode;
}) {
  const { create, sort, ...narrowed } = search;
  const filter = narrowed as Record<string, string | undefined>;
  const list = useInfiniteQuery({ ...queries.list({ ...filter, sort }), enabled: !customView });
  const mayWrite = useHasScope(`${queries.plural}:write`);
  const creating = (open: true | undefined) => onSearch({ create: open });
  const button = mayWrite && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => creating(true)}>
      New {noun}
    </Button>
  );
  const isFiltered = Object.values(filter).some((value) => value !== undefined);

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
      {customView ? customView(filter) : table()}
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
          isFiltered ? (
            <EmptyState icon={IconFilterOff} title={`No matching ${queries.plural}`}>
              {noMatchHint}
            </EmptyState>
          ) : (
            empty(button)
          )
        }
      />
    );
  }
}
