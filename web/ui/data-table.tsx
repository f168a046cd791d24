import { Checkbox, Skeleton, Table, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconArrowsSort } from '@tabler/icons-react';
import { createLink } from '@tanstack/react-router';
import {
  createColumnHelper,
  tableFeatures,
  useTable,
  type ColumnDef,
  type ReactTable,
  type RowData,
} from '@tanstack/react-table';
import type { ComponentProps, ReactNode } from 'react';
import classes from './data-table.module.css';
import { LoadMore, LoadMoreNearby } from './load-more.tsx';
import { ErrorPanel } from './error-panel.tsx';
import { CHUNK_ROWS, RowChunk } from './row-chunk.tsx';

/** The layout of a column. */
interface ColumnLook {
  /** Any CSS width; columns without one share the remaining width. */
  width?: string;
  align?: 'right';
  /** The sort field of the API; a click on the header sorts by it. */
  sort?: string;
  /** The first click sorts from A to Z; else from the latest or largest. */
  isAscendingFirst?: boolean;
  /** Hidden on a phone, where a row is a heading and one line. */
  desktopOnly?: boolean;
  /** Left out on a desktop where the table has less than 72rem. */
  wideOnly?: boolean;
  /** Wraps long text; truncated otherwise. */
  wraps?: boolean;
  /** On a phone, placed in the upper corner of the row; for actions. */
  corner?: boolean;
}

const LOOK: ColumnLook = {};
const features = tableFeatures({ columnMeta: LOOK });

export type Column<T extends RowData> = ColumnDef<typeof features, T>;

/** Creates the columns of a table of `T`; the first column identifies the row. */
export const columnsFor = <T extends RowData>() => createColumnHelper<typeof features, T>();

/** The link in the first cell of a row; the whole row opens it. */
export const RowLink = createLink(({ className: _own, children, ...props }: ComponentProps<'a'>) => (
  <a {...props} className={classes.open}>
    {children}
  </a>
));

/** The same, as a button. */
export function RowButton({ onClick, children }: { onClick: () => void; children: ReactNode }) {
  return (
    <UnstyledButton className={classes.open} onClick={onClick}>
      {children}
    </UnstyledButton>
  );
}

/** A paginated list, as `useInfiniteQuery` returns it. */
export interface ReadList<T> {
  data: T[] | undefined;
  error: Error | null;
  refetch: () => unknown;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

/** Rows that can be selected. */
export interface Selectable<T> {
  isSelected(row: T): boolean;
  /** @param isRange also the rows since the last one that was selected */
  toggle(row: T, isRange: boolean): void;
  /** Selects all rows, or none if all are selected. */
  toggleAll(): void;
  /** The name of a row, for screen readers. */
  nameOf(row: T): string;
}

/**
 * A table with loading, empty and error states, which draws the rows near the view.
 * On a phone, rows become cards.
 * @param isEndless reads further pages while scrolling: for a page that ends with the table
 */
export function DataTable<T extends RowData>({
  label,
  columns,
  list,
  empty,
  sort,
  onSort,
  selectable,
  isEndless = false,
}: {
  label: string;
  columns: Column<T>[];
  list: ReadList<T>;
  empty: ReactNode;
  /** As the API takes it: `-updated_at` is newest first. */
  sort?: string | undefined;
  onSort?: (sort: string) => void;
  selectable?: Selectable<T> | undefined;
  isEndless?: boolean;
}) {
  const table = useTable({ features, columns, data: list.data ?? EMPTY });
  const columnCount = columns.length + (selectable ? 1 : 0);
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
        style={{
          '--min-width': minWidth(columns, selectable !== undefined),
          '--min-width-narrow': minWidth(
            columns.filter(({ meta }) => meta?.wideOnly !== true),
            selectable !== undefined,
          ),
        }}
        aria-label={label}
        aria-busy={!list.data}
        aria-rowcount={rowCount(list)}
      >
        <Table.Thead>
          {table.getHeaderGroups().map((group) => (
            <Table.Tr key={group.id}>
              {selectable && (
                <Table.Th w={SELECT_WIDTH} data-select>
                  <SelectAll rows={list.data ?? EMPTY} selectable={selectable} />
                </Table.Th>
              )}
              {group.headers.map((header) => {
                const look = header.column.columnDef.meta ?? {};
                return (
                  <Table.Th
                    key={header.id}
                    w={look.width}
                    ta={look.align}
                    data-wide-only={look.wideOnly || undefined}
                    aria-sort={look.sort !== undefined && onSort ? ariaSort(look.sort, sort) : undefined}
                  >
                    {look.sort && onSort ? (
                      <SortButton
                        by={look.sort}
                        isAscendingFirst={look.isAscendingFirst ?? false}
                        sort={sort}
                        onSort={onSort}
                      >
                        <table.FlexRender header={header} />
                      </SortButton>
                    ) : look.corner ? (
                      <VisuallyHidden>
                        <table.FlexRender header={header} />
                      </VisuallyHidden>
                    ) : (
                      <table.FlexRender header={header} />
                    )}
                  </Table.Th>
                );
              })}
            </Table.Tr>
          ))}
        </Table.Thead>
        {list.data ? (
          <DataRows table={table} columnCount={columnCount} selectable={selectable} />
        ) : (
          <Table.Tbody>
            <SkeletonRows columns={columnCount} />
          </Table.Tbody>
        )}
      </Table>
      {list.hasNextPage && (
        <div className={classes.more}>
          {isEndless ? <LoadMoreNearby list={list} /> : <LoadMore list={list} />}
        </div>
      )}
    </div>
  );
}

function DataRows<T extends RowData>({
  table,
  columnCount,
  selectable,
}: {
  table: ReactTable<typeof features, T>;
  columnCount: number;
  selectable: Selectable<T> | undefined;
}) {
  return chunksOf(table.getRowModel().rows).map(({ first, rows }, _chunk, { length }) => (
    <RowChunk key={first} columnCount={columnCount} isAlone={length === 1}>
      {() =>
        rows.map((row, at) => (
          <Table.Tr
            key={row.id}
            // The first row has the headings.
            aria-rowindex={length > 1 ? first + at + 2 : undefined}
            data-selected={selectable?.isSelected(row.original) || undefined}
          >
            {selectable && (
              <Table.Td data-select>
                <SelectRow row={row.original} selectable={selectable} />
              </Table.Td>
            )}
            {row.getAllCells().map((cell, place) => (
              <Table.Td
                key={cell.id}
                data-first={place === 0 || undefined}
                {...cellLook(cell.column.columnDef.meta ?? {})}
              >
                <table.FlexRender cell={cell} />
              </Table.Td>
            ))}
          </Table.Tr>
        ))
      }
    </RowChunk>
  ));
}

/** @returns the rows in parts, each with the index of its first one */
function chunksOf<T>(rows: readonly T[]): { first: number; rows: T[] }[] {
  return Array.from({ length: Math.ceil(rows.length / CHUNK_ROWS) }, (_chunk, at) => ({
    first: at * CHUNK_ROWS,
    rows: rows.slice(at * CHUNK_ROWS, (at + 1) * CHUNK_ROWS),
  }));
}

/** With the row of headings; undefined where all rows are in the document, -1 where the number is not known. */
function rowCount({ data = EMPTY, hasNextPage }: Pick<ReadList<unknown>, 'data' | 'hasNextPage'>) {
  if (data.length <= CHUNK_ROWS) return undefined;
  return hasNextPage ? -1 : data.length + 1;
}

function cellLook({ align, desktopOnly, wideOnly, corner, wraps }: ColumnLook) {
  return {
    ta: align,
    'data-wide-only': wideOnly || undefined,
    'data-desktop-only': desktopOnly || undefined,
    'data-corner': corner || undefined,
    'data-wraps': wraps || undefined,
  };
}

/** The minimum width, so that flexible columns do not collapse; below it, the table scrolls. */
function minWidth<T extends RowData>(columns: Column<T>[], isSelectable: boolean): string {
  const widths = columns.map(({ meta }, at) => meta?.width ?? (at === 0 ? '11rem' : '7rem'));
  // Shares of the table leave less of it to the others.
  const share = widths.reduce(
    (sum, width) => sum + (width.endsWith('%') ? Number.parseFloat(width) / 100 : 0),
    0,
  );
  const fixed = [...(isSelectable ? [SELECT_WIDTH] : []), ...widths.filter((width) => !width.endsWith('%'))];
  return `calc((${fixed.join(' + ')}) / ${Math.max(1 - share, 0.2).toFixed(3)})`;
}

const SELECT_WIDTH = '2.75rem';

/** The label is as large as the cell, so that a click next to the box does not open the row. */
const SELECT_CLASSES = { inner: classes.selectBox, label: classes.selectArea };

function SelectRow<T>({ row, selectable }: { row: T; selectable: Selectable<T> }) {
  const { isSelected, toggle, nameOf } = selectable;
  return (
    <Checkbox
      size="xs"
      classNames={SELECT_CLASSES}
      label={<VisuallyHidden>Select {nameOf(row)}</VisuallyHidden>}
      checked={isSelected(row)}
      onChange={() => undefined}
      onClick={(event) => toggle(row, event.shiftKey)}
    />
  );
}

function SelectAll<T>({ rows, selectable }: { rows: readonly T[]; selectable: Selectable<T> }) {
  const count = rows.filter((row) => selectable.isSelected(row)).length;
  return (
    <Checkbox
      size="xs"
      classNames={SELECT_CLASSES}
      label={<VisuallyHidden>Select all on this page</VisuallyHidden>}
      checked={count > 0 && count === rows.length}
      indeterminate={count > 0 && count < rows.length}
      onChange={selectable.toggleAll}
    />
  );
}

/** A stable default value, so that the table does not recompute its rows. */
const EMPTY: never[] = [];

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
  isAscendingFirst,
  sort,
  onSort,
  children,
}: {
  by: string;
  isAscendingFirst: boolean;
  sort: string | undefined;
  onSort: (sort: string) => void;
  children: ReactNode;
}) {
  const isDown = sort === `-${by}`;
  const isUp = sort === by;
  const Icon = isDown ? IconArrowDown : isUp ? IconArrowUp : IconArrowsSort;
  const isNextUp = isDown || (!isUp && isAscendingFirst);
  return (
    <UnstyledButton
      className={classes.sort}
      data-active={isDown || isUp || undefined}
      onClick={() => onSort(isNextUp ? by : `-${by}`)}
    >
      <span className={classes.heading}>{children}</span>
      <Icon size={13} stroke={1.8} aria-hidden />
    </UnstyledButton>
  );
}

function ariaSort(by: string, sort: string | undefined) {
  if (sort === by) return 'ascending';
  return sort === `-${by}` ? 'descending' : 'none';
}
