import { floorId, type Uuid } from '../base/id.ts';
import { retried, type Database } from '../db/pool.ts';
import { query } from '../db/query.ts';
import { sql } from '../db/sql.ts';
import { EVENT_COLUMNS, viewOf, type EventRow, type EventView } from './feed.ts';

/** Which events a page of the log shows; null means all. */
export interface EventFilter {
  limit: number;
  /** Events older than the last one of the previous page. */
  before: Uuid | null;
  /** The catalogue's name. */
  type: string | null;
  /** Only events that no webhook wanted. */
  unmatched: boolean;
  /** From this time on, and before `until`; milliseconds. */
  from: number | null;
  until: number | null;
}

export interface EventLogPage {
  events: EventView[];
  /** Where the next page continues; null if there is nothing older. */
  next: EventView | null;
}

/** Events searched for one page: a rare type must not cost a walk through all that is kept. */
const SPAN = 20_000;

/** The events of a workspace, newest first, for people. Programs follow the feed, which skips nothing. */
export async function readEventLog(
  db: Database,
  workspaceId: Uuid,
  { limit, before, type, unmatched, from, until }: EventFilter,
): Promise<EventLogPage> {
  const page = sql`
    with back as (
      select e.id, e.seq, e.type, e.matched from event e
      where e.workspace_id = ${workspaceId} and e.seq > 0
        ${before === null ? sql`` : sql`and e.seq < (select b.seq from event b where b.workspace_id = ${workspaceId} and b.id = ${before})`}
        ${from === null ? sql`` : sql`and e.id >= ${floorId(from)}`}
        ${until === null ? sql`` : sql`and e.id < ${floorId(until)}`}
      order by e.seq desc limit ${SPAN}
    ),
    shown as (
      select id, seq from back
      where (${type}::text is null or type = ${type}) and (not ${unmatched}::boolean or matched = 0)
      order by seq desc limit ${limit + 1}
    ),
    stop as (select id from back where (select count(*) from back) = ${SPAN} order by seq limit 1)
    select ${sql.raw(EVENT_COLUMNS)}, s.id is not null as shown, (select id from stop) as stop_id from event e
    left join shown s on s.id = e.id
    where e.workspace_id = ${workspaceId} and e.id in (select id from shown union select id from stop)
    order by e.seq desc`;
  const rows = await retried(() => query<EventRow & { shown: boolean; stop_id: Uuid | null }>(db.pool, page));
  const found = rows.filter(({ shown }) => shown);
  const events = found.slice(0, limit).map(viewOf);
  if (found.length > limit) return { events, next: events.at(-1)! };
  const stop = rows.find(({ id, stop_id: last }) => id === last);
  return { events, next: stop ? viewOf(stop) : null };
}
