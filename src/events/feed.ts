import type pg from 'pg';
import { prefixed, type Uuid } from '../base/id.ts';
import { JsonText } from '../base/json-text.ts';
import type { Database } from '../db/pool.ts';

/**
 * The events of a workspace in the order in which their changes were committed: webhooks push, the feed is pulled. It
 * is read by `seq`. The writer of an event holds the workspace's counter until the commit, so that an event is never
 * visible before one with a lower `seq`. Ids and times cannot do this, since they are made before the commit.
 */

/** An event as the API shows it. */
export interface EventView {
  id: string;
  type: string;
  /** Its position in the feed; null for a test, which is not in the feed. */
  seq: number | null;
  occurred_at: string;
  object_type: string;
  object_id: Uuid;
  actor: string;
  /** The record at that time, as stored. */
  data: JsonText;
  /** Its context besides the record; null for most. */
  context: JsonText | null;
  /** How many webhooks it was queued for, and why others, or none, did not get it. */
  matched: number;
  reason: string | null;
}

/** Which events of the feed a reader wants, at most `limit` at a time. */
export interface Wanted {
  limit: number;
  /** The catalogue's names of event types; null for all. */
  types: readonly string[] | null;
  /** Only events that no webhook wanted. */
  unmatched: boolean;
}

export interface FeedPage {
  events: EventView[];
  hasMore: boolean;
  /** The last event that was searched: the next page continues after it. Null if there was nothing to read. */
  reached: { id: Uuid; seq: number } | null;
}

/** Events searched for one page if not all are wanted: a rare type must not cost a walk through the whole feed. */
const SPAN = 5_000;

/** The columns of an event `e` for its view. */
export const EVENT_COLUMNS =
  'e.id, e.type, e.seq, e.occurred_at, e.object_type, e.object_id, e.actor, e.data::text, e.context::text, e.matched, e.reason';

const PLACE = {
  name: 'feed.place',
  text: `
select f.seq as floor, f.event_id as floor_id,
       (select e.seq from event e where e.workspace_id = $1 and e.id = $2) as seq
from (select 1) as always left join feed_floor f on f.workspace_id = $1`,
};

/** The same statement reads the floor: retention may have passed the position since it was looked up. */
const READ = {
  name: 'feed.read',
  text: `
with ahead as (
  select e.id, e.seq from event e where e.workspace_id = $1 and e.seq > $2 order by e.seq limit $6
)
select (select f.seq from feed_floor f where f.workspace_id = $1) as floor,
       (select count(*)::int from ahead) as looked, r.id as reached_id, r.seq as reached_seq, e.*
from (select 1) as always
left join lateral (select a.id, a.seq from ahead a order by a.seq desc limit 1) r on true
left join lateral (
  select ${EVENT_COLUMNS} from event e
  where e.workspace_id = $1 and e.seq > $2 and e.seq <= r.seq
    and ($4::text[] is null or e.type = any($4)) and (not $5::boolean or e.matched = 0)
  order by e.seq limit $3
) e on true
order by e.seq`,
};

const LAST = {
  name: 'feed.last',
  text: `select e.id, e.seq from event e where e.workspace_id = $1 and e.seq > 0 order by e.seq desc limit 1`,
};

const GET = {
  name: 'feed.get',
  text: `select ${EVENT_COLUMNS} from event e where e.workspace_id = $1 and e.id = $2`,
};

export type EventRow = Omit<EventView, 'id' | 'data' | 'context'> & {
  id: Uuid;
  data: string;
  context: string | null;
};

interface ReadRow extends Omit<EventRow, 'id'> {
  id: Uuid | null;
  floor: number | null;
  looked: number;
  reached_id: Uuid | null;
  reached_seq: number | null;
}

/**
 * The position after an event, as its `seq`; without an event, where the kept events begin. `gone` if the event is
 * not in the feed, or retention has dropped later ones. The last dropped event is a valid position: a reader there
 * has missed nothing.
 */
export async function placeAfter(
  db: Database,
  workspaceId: Uuid,
  after: Uuid | null,
): Promise<number | 'gone'> {
  const [row] = await db.read<{ floor: number | null; floor_id: Uuid | null; seq: number | null }>(PLACE, [
    workspaceId,
    after,
  ]);
  const floor = row!.floor ?? 0;
  if (after === null || after === row!.floor_id) return floor;
  return row!.seq === null || row!.seq < floor ? 'gone' : row!.seq;
}

/** The present last event, for readers who want only what follows. Null if there is none. */
export async function lastEvent(db: Database, workspaceId: Uuid): Promise<{ id: Uuid; seq: number } | null> {
  const [row] = await db.read<{ id: Uuid; seq: number }>(LAST, [workspaceId]);
  return row ?? null;
}

/** The next page after a position, oldest first; `gone` if retention has passed it. */
export async function readFeed(
  db: Database,
  workspaceId: Uuid,
  place: number,
  { limit, types, unmatched }: Wanted,
): Promise<FeedPage | 'gone'> {
  const span = types === null && !unmatched ? limit + 1 : SPAN;
  const rows = await db.read<ReadRow>(READ, [workspaceId, place, limit + 1, types, unmatched, span]);
  const { floor, looked, reached_id: id, reached_seq: seq } = rows[0]!;
  if (floor !== null && floor > place) return 'gone';
  const found = rows.filter((row): row is ReadRow & EventRow => row.id !== null);
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  const full = found.length > limit;
  return {
    events: shown.map(viewOf),
    hasMore: full || looked === span,
    reached: full ? { id: last!.id, seq: last!.seq! } : id === null ? null : { id, seq: seq! },
  };
}

/** One event, tests included. */
export async function getEvent(db: Database, workspaceId: Uuid, id: Uuid): Promise<EventView | undefined> {
  const [row] = await db.read<EventRow>(GET, [workspaceId, id]);
  return row && viewOf(row);
}

/** Stores the last event of each workspace in a partition that is about to be dropped. */
export async function raiseFloors(pool: pg.Pool, partition: string): Promise<void> {
  await pool.query(`
    insert into feed_floor (workspace_id, event_id, seq)
    select distinct on (workspace_id) workspace_id, id, seq from ${partition}
    where seq is not null order by workspace_id, seq desc
    on conflict (workspace_id) do update set event_id = excluded.event_id, seq = excluded.seq
    where excluded.seq > feed_floor.seq`);
}

export function viewOf(row: EventRow): EventView {
  return {
    id: prefixed('evt', row.id),
    type: row.type,
    seq: row.seq,
    occurred_at: row.occurred_at,
    object_type: row.object_type,
    object_id: row.object_id,
    actor: row.actor,
    data: new JsonText(row.data),
    context: row.context === null ? null : new JsonText(row.context),
    matched: row.matched,
    reason: row.reason,
  };
}
