import { unavailable } from '../../base/errors.ts';
import { readWithin } from '../../db/bounded-read.ts';
import { decodeCursor, encodeCursor, pageOf, type Page } from '../../db/page.ts';
import type { Database } from '../../db/pool.ts';
import { sql, type Sql } from '../../db/sql.ts';
import { matchingFilters, type FilterQuery } from '../../record/list-filter.ts';
import type { BaseRecord, Noun } from '../../record/noun.ts';
import { namedRecordSql } from '../../record/record-name.ts';
import type { RecordStore } from '../../record/record-store.ts';
import type { RecordSearch } from '../../record/search/record-search.ts';
import type { Searcher } from '../../record/search/search-freshness.ts';
import { task } from './task.ts';

/** The views of the agenda; all but `completed` hold open tasks, by due date. */
export const VIEWS = ['open', 'overdue', 'today', 'upcoming', 'completed'] as const;

export type AgendaView = (typeof VIEWS)[number];

export interface AgendaQuery extends FilterQuery {
  view: AgendaView;
  limit: number;
  cursor?: string | undefined;
}

export interface AgendaParts {
  db: Database;
  search: RecordSearch;
  store: Pick<RecordStore<BaseRecord>, 'toRecord'>;
  /** The objects that a task may be about. */
  nouns: readonly Noun[];
}

/** How many open tasks there are, by when they are due. */
export interface AgendaCounts {
  open: number;
  overdue: number;
  today: number;
  upcoming: number;
}

type Row = Record<string, string> & { id: string; sort_value: string };

/** How long a reading may take, in milliseconds. */
const MAX_READ_MS = 4_000;

/** SQL of an open task's place by due date, as in the index `task_agenda`: tasks without one are last. */
export const DUE = `coalesce(due_date, '9999-12-31'::date)`;
const DUE_SQL = sql.raw(DUE);

/**
 * One page of tasks in the order in which they are done, by keyset; the first page has the counts of the open ones.
 * @param request.today `YYYY-MM-DD`
 */
export async function taskAgenda(
  parts: AgendaParts,
  request: { searcher: Searcher; query: AgendaQuery; today: string; url: string },
): Promise<Page<object> & { counts?: AgendaCounts; search_behind?: boolean }> {
  const { searcher, query, today, url } = request;
  const { where, isBehind } = await matchingFilters(parts, task as unknown as Noun, searcher, query);
  const named = {
    workspaceId: searcher.workspaceId,
    mayRead: ({ plural }: { plural: string }) => searcher.may(`${plural}:read`),
  };
  const about = parts.nouns.map(
    (noun) => sql`${namedRecordSql(noun, `t.${noun.name}_id`, named)} as ${sql.ref(noun.name)}`,
  );
  const { value, descends } = orderOf(query.view);
  const direction = sql.raw(descends ? 'desc' : 'asc');
  const rows = await read<Row>(
    parts.db,
    sql`select t.*, ${sql.join(about)}
        from (select *, ${value} as sort_value from task
              where ${where} and ${conditionOf(query.view, today)} ${position(query)}
              order by ${value} ${direction}, id ${direction}
              limit ${sql.raw(String(query.limit + 1))}) t
        order by t.sort_value ${direction}, t.id ${direction}`,
  );
  const page = pageOf(
    rows,
    query.limit,
    url,
    (row) => encodeCursor({ sort: query.view, value: cursorValue(row.sort_value), id: row.id }),
    (row) => ({
      ...parts.store.toRecord(row),
      ...Object.fromEntries(parts.nouns.map(({ name }) => [name, row[name]])),
    }),
  );
  return {
    ...page,
    ...(query.cursor === undefined && { counts: await countOpen(parts.db, where, today) }),
    ...(isBehind && { search_behind: true }),
  };
}

function orderOf(view: AgendaView): { value: Sql; descends: boolean } {
  return view === 'completed'
    ? { value: sql.raw('completed_at'), descends: true }
    : { value: DUE_SQL, descends: false };
}

function conditionOf(view: AgendaView, today: string): Sql {
  if (view === 'completed') return sql`status = 'completed'`;
  const parts: Record<Exclude<AgendaView, 'completed'>, Sql> = {
    open: sql`true`,
    overdue: sql`${DUE_SQL} < ${today}::date`,
    today: sql`${DUE_SQL} = ${today}::date`,
    upcoming: sql`${DUE_SQL} > ${today}::date and due_date is not null`,
  };
  return sql`status = 'open' and ${parts[view]}`;
}

/** A cursor holds a time: of a due date, its start in UTC. */
function cursorValue(value: string): string {
  return value.includes('T') ? value : `${value}T00:00:00.000Z`;
}

function position({ view, cursor }: AgendaQuery): Sql {
  if (cursor === undefined) return sql``;
  const { value, id } = decodeCursor(cursor, view);
  return view === 'completed'
    ? sql`and (completed_at, id) < (${value}::timestamptz, ${id}::uuid)`
    : sql`and (${DUE_SQL}, id) > (${value.slice(0, 10)}::date, ${id}::uuid)`;
}

async function countOpen(db: Database, where: Sql, today: string): Promise<AgendaCounts> {
  const [counts] = await read<AgendaCounts>(
    db,
    sql`select count(*)::int as open,
               count(*) filter (where due_date < ${today}::date)::int as overdue,
               count(*) filter (where due_date = ${today}::date)::int as today,
               count(*) filter (where due_date > ${today}::date)::int as upcoming
        from task where ${where} and status = 'open'`,
  );
  return counts!;
}

async function read<Found>(db: Database, built: Sql): Promise<Found[]> {
  const rows = await readWithin<Found>(db.pool, MAX_READ_MS, built);
  if (rows === null) throw unavailable('There are too many tasks to read; filter them.', 10);
  return rows;
}
