import { z } from 'zod';
import { requiredText } from '../base/values/text.ts';
import { instantOrDate } from '../base/values/time.ts';
import { encodeCursor, pageOf, type Page } from '../db/page.ts';
import { preparedOnce } from '../db/prepared-query.ts';
import { retried, type Database } from '../db/pool.ts';
import { query as runQuery } from '../db/query.ts';
import { sql, type Sql } from '../db/sql.ts';
import { filterConditions } from './record-filter.ts';
import type { BaseRecord, Noun } from './noun.ts';
import type { RecordStore } from './record-store.ts';
import { deletionsOf, type DeletedRow } from './trash/deleted-records.ts';
import { readWithin } from '../db/bounded-read.ts';
import { unavailable } from '../base/errors.ts';
import type { RecordSearch } from './search/record-search.ts';
import type { Searcher } from './search/search-freshness.ts';
import type { RecordTexts } from './record-text.ts';
import { isBaseSort, MAX_CURSOR, RecordSort, sortParameter } from './record-sort.ts';

const BOUNDS = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

const SEARCH =
  'Full-text search: only records that contain every word (the first five), ignoring case, accents and Unicode form. Words of one or two letters match the beginning of words. Telephone numbers match by digits.';

/** The query parameters of a noun's list. */
export function listQuery(noun: Pick<Noun, 'filters' | 'searched' | 'fields' | 'title'>) {
  const filters = Object.fromEntries(
    Object.entries(noun.filters).map(([name, { schema, description }]) => [
      name,
      (schema ?? z.string().max(1000))
        .optional()
        .meta({ description: description ?? `Only records with this ${name}.` }),
    ]),
  );
  const bounds = Object.fromEntries(
    boundedColumns(noun).flatMap((column) =>
      Object.keys(BOUNDS).map((bound) => [`${column}[${bound}]`, instantOrDate.optional()]),
    ),
  );
  return z.strictObject({
    limit: z.coerce.number().int().min(1).max(200).default(50),
    cursor: z
      .string()
      .max(MAX_CURSOR)
      .optional()
      .meta({ description: '`next_cursor` of the previous page; only for the same sort and filters.' }),
    sort: sortParameter(noun),
    count: z.literal('exact').optional().meta({ description: 'Adds `total_count`; slower.' }),
    include_deleted: z.stringbool().optional().meta({
      description:
        'Includes deleted records, as `id` and `deleted_at`, and merged ones, as `id` and `merged_into`.',
    }),
    deleted: z.literal('only').optional().meta({
      description:
        'Only deleted records that can be restored, whole, with `deleted_at`, `deleted_by` and `restorable_until`. Needs the scope to write them.',
    }),
    ...filters,
    ...(noun.searched.length > 0 && {
      q: requiredText(200).optional().meta({ description: SEARCH }),
    }),
    ...bounds,
  });
}

/** The times that a list can be bounded by. */
function boundedColumns({ filters }: Pick<Noun, 'filters'>): string[] {
  const own = Object.values(filters).flatMap(({ column, isRange }) => (isRange ? [column] : []));
  return ['created_at', 'updated_at', ...own];
}

export type ListQuery = z.output<ReturnType<typeof listQuery>> & Record<string, unknown>;

/** `search_behind`: recent changes may be missing from the result of a search. */
type RecordPage<R> = Page<R | { id: string; deleted_at: string } | { id: string; merged_into: string }> & {
  search_behind?: boolean;
};

/** How long the page of a search, or of a sort without an index, may take, in milliseconds. */
const MAX_SEARCH_MS = 4_000;
const MAX_SORT_MS = 8_000;

/** One page of a noun's records, by keyset: as fast on page 1,000 as on page 1. */
export async function listRecords<R extends BaseRecord>(
  db: Database,
  noun: Noun,
  store: Pick<RecordStore<R>, 'toRecord'>,
  search: RecordSearch,
  request: { searcher: Searcher; query: ListQuery; url: string },
): Promise<RecordPage<R>> {
  const { query, searcher, url } = request;
  const { workspaceId } = searcher;
  const wanted = query['q'];
  const sought = typeof wanted === 'string' ? await search.listCondition(noun, searcher, wanted) : null;
  const conditions = await filterConditions(db, noun, workspaceId, query);
  if (sought) conditions.push(sought.condition);
  if (query.deleted && noun.mergeRules) conditions.push(sql`merged_into is null`);
  const where = matching(noun, workspaceId, query, conditions);
  const sort = new RecordSort(noun, query.sort);
  const page = pageSql(noun.name, sql`*, ${sort.cursorValue} as sort_value`, where, sort, query);
  const found = await retried(() => (sought ? readSearched(db, page) : readSorted(db, page, query)));
  const deletions = query.deleted
    ? await deletionsOf(db, noun, workspaceId, found as unknown as DeletedRow[])
    : null;
  const shown = pageOf(
    found,
    query.limit,
    url,
    (row) =>
      encodeCursor({
        sort: query.sort,
        value: sort.cursorText(row['sort_value'] as string | null),
        id: row['id']!,
      }),
    (row) => {
      if (row['merged_into']) return { id: row['id']!, merged_into: row['merged_into'] };
      const deletion = deletions?.get(row['id']!);
      if (deletion) return { ...store.toRecord(row), ...deletion };
      return row['deleted_at'] ? { id: row['id']!, deleted_at: row['deleted_at'] } : store.toRecord(row);
    },
  );
  return {
    ...shown,
    ...(query.count && { total_count: await count(db, noun.name, where) }),
    ...(sought?.isBehind && { search_behind: true }),
  };
}

/** A search of other filters that together match next to nothing reads many records, but not for ever. */
async function readSearched(db: Database, page: Sql): Promise<Record<string, string>[]> {
  const rows = await readWithin<Record<string, string>>(db.pool, MAX_SEARCH_MS, page);
  if (rows === null) throw unavailable('The search takes too long; search for longer words.', 10);
  return rows;
}

/** A sort without an index reads all records that match, but not for ever. */
async function readSorted<Row = Record<string, string>>(
  db: Database,
  page: Sql,
  query: ListQuery,
): Promise<Row[]> {
  if (isBaseSort(query.sort)) return runQuery<Row>(db.pool, page);
  const rows = await readWithin<Row>(db.pool, MAX_SORT_MS, page);
  if (rows !== null) return rows;
  throw unavailable(
    'Sorting this many records takes too long; add a filter, or sort by created_at or updated_at.',
    10,
  );
}

function pageSql(table: string, columns: Sql, where: Sql, sort: RecordSort, query: ListQuery): Sql {
  return sql`
    select ${columns} from ${sql.ref(table)} where ${where} ${sort.after(query.cursor)}
    order by ${sort.order} limit ${sql.raw(String(query.limit + 1))}`;
}

/**
 * The same page as JSON text, without an object for each record. Null if a value of the page cannot be read in this way.
 * Not for deleted records, and not for searches.
 * @param texts of all fields, or of some, with `isWhole` false
 */
export async function listRecordTexts(
  db: Database,
  noun: Pick<Noun, 'name' | 'filters' | 'fields' | 'title'>,
  texts: RecordTexts,
  request: { workspaceId: string; query: ListQuery; url: string; isWhole: boolean },
): Promise<string | null> {
  const { query, workspaceId, url, isWhole } = request;
  const filters = await filterConditions(db, noun, workspaceId, query);
  const where = matching(noun, workspaceId, query, filters);
  const sort = new RecordSort(noun, query.sort);
  // The texts of all fields contain the times.
  const hasValue = !isWhole || !isBaseSort(query.sort);
  const columns = hasValue
    ? sql`${texts.row} as row, ${sort.cursorValue} as sort_value`
    : sql`${texts.row} as row`;
  const page = pageSql(noun.name, columns, where, sort, query);
  const rows = await retried(() => readTexts(db, page, query, !hasValue && !isNarrowed(noun, query)));
  const found = rows.map(({ row, sort_value: value }) => ({ cells: texts.cellsOf(row), value }));
  if (!found.every(isRead)) return null;
  const cursorOf = ({ cells, value }: ReadText) =>
    encodeCursor({
      sort: query.sort,
      value: hasValue ? sort.cursorText(value!) : texts.timeOf(cells, timeColumn(query)),
      id: cells[0]!.slice(1),
    });
  const { data, ...rest } = pageOf(found, query.limit, url, cursorOf, ({ cells }) => texts.textOf(cells));
  const end = query.count ? { ...rest, total_count: await count(db, noun.name, where) } : rest;
  return `{"data":[${data.join(',')}],${JSON.stringify(end).slice(1)}`;
}

interface TextRow {
  row: string;
  /** Undefined for a page of whole records in a base sort. */
  sort_value?: string | null;
}

interface ReadText {
  cells: string[];
  value: TextRow['sort_value'];
}

function isRead(text: { cells: string[] | null; value: TextRow['sort_value'] }): text is ReadText {
  return text.cells !== null;
}

async function readTexts(db: Database, page: Sql, query: ListQuery, isPrepared: boolean): Promise<TextRow[]> {
  if (!isPrepared) return readSorted<TextRow>(db, page, query);
  return (await db.pool.query<TextRow>(preparedOnce(page.toQuery()))).rows;
}

async function count(db: Database, table: string, where: Sql): Promise<number> {
  const counting = sql`select count(*) as count from ${sql.ref(table)} where ${where}`;
  const [row] = await retried(() => runQuery<{ count: number }>(db.pool, counting));
  return row!.count;
}

/** The condition of all pages of a list. */
function matching(
  noun: Pick<Noun, 'filters'>,
  workspaceId: string,
  query: ListQuery,
  filters: readonly Sql[],
): Sql {
  const conditions = [sql`workspace_id = ${workspaceId}`, ...filters];
  if (query.deleted) conditions.push(sql`deleted_at is not null and expunged_at is null`);
  else if (!query.include_deleted) conditions.push(sql`deleted_at is null`);
  for (const column of boundedColumns(noun)) {
    for (const [bound, operator] of Object.entries(BOUNDS)) {
      const value = query[`${column}[${bound}]`];
      if (typeof value === 'string')
        conditions.push(sql`${sql.ref(column)} ${sql.raw(operator)} ${value}::timestamptz`);
    }
  }
  return sql.join(conditions, sql` and `);
}

/** Whether a list leaves out records by their values: then the best plan depends on how many have them. */
function isNarrowed({ filters }: Pick<Noun, 'filters'>, query: ListQuery): boolean {
  const isBound = (name: string) => name.endsWith(']');
  return Object.keys(query).some((name) => Object.hasOwn(filters, name) || isBound(name));
}

const timeColumn = ({ sort }: ListQuery) => (sort.endsWith('updated_at') ? 'updated_at' : 'created_at');
