import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, type ReactNode } from 'react';
import type { Query } from '../api/client.ts';
import { nounOf, type ObjectType } from '../api/object-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import type { FormValues } from '../fields/field-kind.ts';
import { paths } from '../paths.ts';
import { PageHeader } from '../ui/page-header.tsx';
import { useListSearch, type ListSearch } from './list-search.ts';
import { useObjectView } from './object-view.ts';
import { RecordFilters } from './record-filters.tsx';
import { RecordFormDrawer } from './record-form-drawer.tsx';
import { SearchBehind } from './search-behind.tsx';

/** Loaded on demand: a board has no table. */
const RecordTable = lazy(async () => ({ default: (await import('./record-table.tsx')).RecordTable }));

/** The list page of an object: search, filters, table and the create form. */
export function RecordList({
  object,
  tools,
  customView,
  hiddenFilters = NONE,
  initial,
}: {
  object: ObjectType;
  /** Next to the create button. */
  tools?: ReactNode;
  /** Shows the filtered records in place of the table. */
  customView?: ((filter: Query) => ReactNode) | undefined;
  /** Parameters of filters that do not apply. */
  hiddenFilters?: readonly string[] | undefined;
  /** What a new record starts with. */
  initial?: FormValues | undefined;
}) {
  const [search, onSearch] = useListSearch();
  const navigate = useNavigate();
  const { createLabel = `New ${nounOf(object)}`, createScope = `${object.plural}:write` } = useObjectView(
    object.key,
  );
  const mayWrite = useHasScope(createScope);
  const filter = filtersOf(object, search, hiddenFilters);
  const create = mayWrite && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => onSearch({ create: true })}>
      {createLabel}
    </Button>
  );

  return (
    <>
      <PageHeader
        title={object.plural_label}
        actions={
          <>
            {tools}
            {create}
          </>
        }
      />
      <RecordFilters object={object} filters={filter} onFilters={onSearch} hidden={hiddenFilters} />
      {filter['q'] && !customView && <SearchBehind object={object} filter={filter} />}
      {customView ? (
        customView(filter)
      ) : (
        <Suspense>
          <RecordTable object={object} filter={filter} create={create} />
        </Suspense>
      )}
      {search.create && mayWrite && (
        <RecordFormDrawer
          object={object}
          record={null}
          {...(initial && { initial })}
          onClose={() => onSearch({ create: undefined })}
          onSaved={({ id }) => void navigate(paths.record(object.plural, id))}
        />
      )}
    </>
  );
}

const NONE: readonly string[] = [];

/** The filters among the search parameters. */
function filtersOf(object: ObjectType, search: ListSearch, hidden: readonly string[]) {
  const parameters = object.fields.flatMap(({ filter }) => filter?.parameter ?? []);
  const known = (object.searchable ? ['q', ...parameters] : parameters).filter(
    (name) => !hidden.includes(name),
  );
  const entries = known.flatMap((name) => {
    const value = search[name];
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
  return Object.fromEntries(entries) as Record<string, string | undefined>;
}
