import { IconFilterOff, IconStack2 } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, type ReactNode } from 'react';
import type { Query } from '../api/client.ts';
import { fieldOf, inSentence, type ObjectType } from '../api/object-queries.ts';
import type { ObjectRecord } from '../api/record-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { OBJECT_ICONS } from '../crm/object-icons.ts';
import { paths } from '../paths.ts';
import { columnsFor, DataTable, RowLink } from '../ui/data-table.tsx';
import { DeveloperFold } from '../ui/developer-fold.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Moment } from '../ui/relative-time.tsx';
import { BulkActions } from './bulk-actions.tsx';
import { useListSearch } from './list-search.ts';
import { columnOf, listFields, shownProps } from './object-fields.ts';
import { useObjectView, type ObjectView } from './object-view.ts';
import { nameFields, recordTitle } from './record-title.ts';
import { useTableQuery } from './table-query.ts';
import { useSelection } from './use-selection.ts';

/** The table of a list page, with the actions on selected records. */
export function RecordTable({
  object,
  filter,
  create,
}: {
  object: ObjectType;
  filter: Query;
  create: ReactNode;
}) {
  const [{ sort = '-created_at' }, onSearch] = useListSearch();
  const view = useObjectView(object.key);
  const mayWrite = useHasScope(`${object.plural}:write`);
  const columns = useMemo(() => recordColumns(object, view), [object, view]);
  const list = useInfiniteQuery(useTableQuery(object, filter));
  const selection = useSelection(list.data ?? NO_RECORDS, JSON.stringify([filter, sort]));
  const table = (
    <DataTable
      isEndless
      label={object.plural_label}
      columns={columns}
      list={list}
      sort={sort}
      onSort={(chosen) => onSearch({ sort: chosen })}
      selectable={mayWrite ? { ...selection, nameOf: (record) => recordTitle(object, record) } : undefined}
      empty={
        Object.keys(filter).length > 0 ? (
          <EmptyState icon={IconFilterOff} title={`No matching ${inSentence(object.plural_label)}`}>
            {object.searchable
              ? 'Search matches all words; filters match exact values. Try clearing one.'
              : 'Filters match exact values. Try clearing one.'}
          </EmptyState>
        ) : (
          <EmptyState
            icon={OBJECT_ICONS[object.key] ?? IconStack2}
            title={`No ${inSentence(object.plural_label)} yet`}
          >
            {view.emptyText ?? 'Create the first one here, or with the API.'}
            {create}
            {view.emptyExample && <DeveloperFold>{view.emptyExample}</DeveloperFold>}
          </EmptyState>
        )
      }
    />
  );
  return (
    <>
      {table}
      {mayWrite && <BulkActions object={object} selection={selection} />}
    </>
  );
}

const NO_RECORDS: readonly ObjectRecord[] = [];

const column = columnsFor<ObjectRecord>();

/** A list with more columns leaves out the last change. */
const MAX_WITH_UPDATED = 6;

function recordColumns(object: ObjectType, view: ObjectView) {
  const fields = listFields(object, view);
  const hasUpdated = fields.length <= MAX_WITH_UPDATED && view.hidesUpdated !== true;
  return column.columns([
    column.display({
      id: 'title',
      header: titleLabel(object),
      ...(object.title_sort !== undefined && {
        meta: { sort: object.title_sort, isAscendingFirst: true },
      }),
      cell: ({ row: { original: record } }) => <RecordTitle object={object} view={view} record={record} />,
    }),
    ...fields.map(({ field, Drawn: Cell }) =>
      column.display({
        id: field.key,
        header: field.label,
        meta: columnOf(field, view),
        cell: ({ row: { original: record } }) => {
          const shown = shownProps(field, record);
          const EmptyCell = view.fields?.[field.key]?.EmptyCell;
          return shown ? <Cell {...shown} /> : EmptyCell && <EmptyCell record={record} />;
        },
      }),
    ),
    column.accessor('created_at', {
      header: 'Created',
      meta: { width: '7.25rem', sort: 'created_at', desktopOnly: hasUpdated },
      cell: ({ row }) => <Moment at={row.original.created_at} />,
    }),
    ...(hasUpdated
      ? [
          column.accessor('updated_at', {
            header: 'Updated',
            meta: { width: '7.75rem', sort: 'updated_at', wideOnly: true },
            cell: ({ row }) => <Moment at={row.original.updated_at} />,
          }),
        ]
      : []),
  ]);
}

function RecordTitle({
  object,
  view: { Title, isDone },
  record,
}: {
  object: ObjectType;
  view: ObjectView;
  record: ObjectRecord;
}) {
  const link = (
    <RowLink {...paths.record(object.plural, record.id)} data-done={isDone?.(record) || undefined}>
      {recordTitle(object, record)}
    </RowLink>
  );
  return Title ? <Title record={record}>{link}</Title> : link;
}

/** The heading of the column with the titles. */
function titleLabel(object: ObjectType): string {
  const [only, ...others] = nameFields(object);
  return (others.length === 0 && only !== undefined && fieldOf(object, only)?.label) || 'Name';
}
