import { Button, Skeleton, Table, UnstyledButton } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconArrowsSort } from '@tabler/icons-react';
import { createLink } from '@tanstack/react-router';
import {
  createColumnHelper,
  tableFeatures,
  useTable,
  type ColumnDef,
  type RowData,
} from '@tanstack/react-table';
import type { ComponentProps, ReactNode } from 'react';
import classes from './data-table.module.css';
import { ErrorPanel } from './error-panel.tsx';

type SortField = 'created_at' | 'updated_at';
/** As the API takes it: `-updated_at` is newest first. */
type Sort = SortField | `-${SortField}`;

/** How a column looks, beside what it says. */
interface ColumnLook {
  /** Any CSS width; a column without one shares what is left. */
  width?: string;
  align?: 'right';
  /** The API's name for the order that a click on its head asks for. */
  sort?: SortField;
  /** Left out on a phone, where a row is a heading and a line. */
  desktopOnly?: boolean;
  /** A long text goes on in the next line; otherwise it is cut. */
  wraps?: boolean;
  /** On a phone it stands in the row's upper corner: for what can be done with the row. */
  corner?: boolean;
}

const LOOK: ColumnLook = {};
const features = tableFeatures({ columnMeta: LOOK });

export type Column<T extends RowData> = ColumnDef<typeof features, T>;

/** Makes the columns of a table of `T`; the first one names the row. */
export const columnsFor = <T extends RowData>() => createColumnHelper<typeof features, T>();

/** The link in a row's first cell. All of the row opens it. */
export const RowLink = createLink(({ className: _own, children, ...props }: ComponentProps<'a'>) => (
  <a {...props} className={classes.open}>
    {children}
  </a>
));

/** The same for what opens in place. */
export function RowButton({ onClick, children }: { onClick: () => void; children: ReactNode }) {
  return (
    <UnstyledButton className={classes.open} onClick={onClick}>
      {children}
    </UnstyledButton>
  );
}

/** A list that is read page after page; what `useInfiniteQuery` gives. */
export interface ReadList<T> {
  data: T[] | undefined;
  error: Error | null;
  refetch: () => unknown;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

/** A plain table: loading, empty and broken, too. On a phone its rows become cards without frames. */
export function DataTable<T extends RowData>({
  label,
  columns,
  list,
  empty,
  sort,
  onSort,
}: {
  label: string;
  columns: Column<T>[];
  list: ReadList<T>;
  empty: ReactNode;
  sort?: Sort | undefined;
  onSort?: (sort: Sort) => void;
}) {
  const table = useTable({ features, columns, data: list.data ?? NOTHING });
  if (list.error && !list.data) {
    return (
      <div className={classes.message}>
        <ErrorPanel error={list.error} retry={() => void list.refetch()} />
      </div>
    );
  }
  if (list.data?.length === 0) return empty;

  return (
    <div className={classes.scroll}>
      <Table
        className={classes.table}
        style={{ '--min-width': minWidth(columns) }}
        aria-label={label}
        aria-busy={!list.data}
      >
        <Table.Thead>
          {table.getHeaderGroups().map((group) => (
            <Table.Tr key={group.id}>
              {group.headers.map((header) => {
                const look = header.column.columnDef.meta ?? {};
                return (
                  <Table.Th
                    key={header.id}
                    w={look.width}
                    ta={look.align}
                    aria-sort={look.sort && onSort && ariaSort(look.sort, sort)}
                  >
                    {look.sort && onSort ? (
                      <SortButton by={look.sort} sort={sort} onSort={onSort}>
                        <table.FlexRender header={header} />
                      </SortButton>
                    ) : (
                      <table.FlexRender header={header} />
                    )}
                  </Table.Th>
                );
              })}
            </Table.Tr>
          ))}
        </Table.Thead>
        <Table.Tbody>
          {list.data ? (
            table.getRowModel().rows.map((row) => (
              <Table.Tr key={row.id}>
                {row.getAllCells().map((cell) => {
                  const look = cell.column.columnDef.meta ?? {};
                  return (
                    <Table.Td
                      key={cell.id}
                      ta={look.align}
                      data-desktop-only={look.desktopOnly || undefined}
                      data-corner={look.corner || undefined}
                      data-wraps={look.wraps || undefined}
                    >
                      <table.FlexRender cell={cell} />
                    </Table.Td>
                  );
                })}
              </Table.Tr>
            ))
          ) : (
            <SkeletonRows columns={columns.length} />
          )}
        </Table.Tbody>
      </Table>
      {list.hasNextPage && (
        <div className={classes.more}>
          <Button
            variant="default"
            loading={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            Load more
          </Button>
        </div>
      )}
    </div>
  );
}

/** What the columns need, lest one that shares what is left is left nothing: then the table scrolls. */
function minWidth<T extends RowData>(columns: Column<T>[]): string {
  const widths = columns.map(({ meta }, at) =>
    meta?.width?.endsWith('rem') ? meta.width : at === 0 ? '11rem' : '7rem',
  );
  return `calc(${widths.join(' + ')})`;
}

/** One and the same for every render, or the table would count its rows anew. */
const NOTHING: never[] = [];

function SkeletonRows({ columns }: { columns: number }) {
  return Array.from({ length: 8 }, (_row, row) => (
    <Table.Tr key={row}>
      {Array.from({ length: columns }, (_cell, cell) => (
        <Table.Td key={cell}>
          <Skeleton height={10} width={cell === 0 ? '55%' : '70%'} my={5} />
        </Table.Td>
      ))}
    </Table.Tr>
  ));
}

function SortButton({
  by,
  sort,
  onSort,
  children,
}: {
  by: SortField;
  sort: Sort | undefined;
  onSort: (sort: Sort) => void;
  children: ReactNode;
}) {
  const down = sort === `-${by}`;
  const Icon = down ? IconArrowDown : sort === by ? IconArrowUp : IconArrowsSort;
  return (
    <UnstyledButton
      className={classes.sort}
      data-active={down || sort === by || undefined}
      onClick={() => onSort(down ? by : `-${by}`)}
    >
      {children}
      <Icon size={13} stroke={1.8} aria-hidden />
    </UnstyledButton>
  );
}

function ariaSort(by: SortField, sort: Sort | undefined) {
  if (sort === by) return 'ascending';
  return sort === `-${by}` ? 'descending' : 'none';
}
