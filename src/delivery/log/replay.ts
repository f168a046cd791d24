import type { Uuid } from '../../base/id.ts';
import { filterLook, filterPasses, filterSkipped } from '../../events/event-filter-sql.ts';
import { MAX_WAIT, orderedId, UNRANKED } from '../../events/outbox.ts';
import { keepEvents } from './workspace-retention.ts';
import { query, type Queryable, type Transaction } from '../../db/query.ts';
import { sql, type Sql } from '../../db/sql.ts';

/** Which events are sent again, by what happened to them; if left out, all that were not delivered. */
export const REPLAYED = ['failed', 'missed', 'all'] as const;

/** Which events to queue again for a webhook. */
export interface Replay {
  workspaceId: Uuid;
  endpointId: Uuid;
  /** Events from `since` on and before `until`; ISO 8601. */
  since: string;
  until: string | null;
  /** No id of these events is smaller. */
  sinceId: Uuid;
  /** Events after this position in the feed. */
  after: number;
  /** The catalogue's names of event types. */
  types: readonly string[];
  only: (typeof REPLAYED)[number] | undefined;
  /** Count only. */
  dryRun: boolean;
  /** Now, in milliseconds: the ids of the deliveries begin with it. */
  now: number;
}

export interface Replayed {
  queued: number;
  /** The last event queued; null if there was none. If there are more to check, the last one checked. */
  last: Uuid | null;
  more: boolean;
}

/** What a filter let through of the events that it checked. */
export interface Passed {
  ids: Uuid[];
  last: Uuid | null;
  more: boolean;
}

/** Events queued, and checked with a filter, at most by one call. */
const MAX_EVENTS = 10_000;
/** How many events a filter checks in one statement, and after how many milliseconds no further statement begins. */
const BUDGET = { batch: 25, ms: 3_000 };

/** SQL: which events are sent again, by their rows in the log `l`. */
const WANTED = {
  failed: sql`l.delivered = false`,
  missed: sql`l.event_id is null`,
  all: sql`true`,
  undelivered: sql`l.delivered is not true`,
};

const IS_FILTERED = {
  name: 'endpoint.is-filtered',
  text: `select filter_path is not null as filtered from endpoint
         where workspace_id = $1 and id = $2 and state = 'active'`,
};

const REJECTED_BY_FILTER = {
  name: 'replay.rejected-by-filter',
  text: `select p.id from (
           select e.id, e.look, p.filter_path, p.filter_on, p.filter_texts, ${filterPasses('e.look')} as passes
           from (
             select e.workspace_id, e.id, ${filterLook('e.data', 'octet_length(e.data::text)')} as look
             from event e where e.workspace_id = $1 and e.id = any($2::uuid[]) offset 0
           ) e
           join endpoint p on p.workspace_id = e.workspace_id and p.id = $3
           offset 0
         ) p
         where not p.passes and ${filterSkipped('p.look', 'p.passes')} is null`,
};

const LOCK_ENDPOINT = {
  name: 'replay.lock-endpoint',
  text: `select from endpoint where workspace_id = $1 and id = $2 and state = 'active'
         for no key update`,
};

/**
 * The events that pass a webhook's filter. Missed events must pass it, since no delivery of them was ever made. It
 * takes no lock, so that a costly filter blocks nobody who changes the webhook.
 * @returns null if the webhook is not active; `every` if there is no filter to decide
 */
export async function passing(
  db: Queryable,
  request: Replay,
  budget = BUDGET,
): Promise<Passed | 'every' | null> {
  const active = await query<{ filtered: boolean }>(db, IS_FILTERED, [
    request.workspaceId,
    request.endpointId,
  ]);
  if (active.length === 0) return null;
  if (!active[0]!.filtered || request.only === 'failed') return 'every';
  const found = await query<{ id: Uuid; missed: boolean }>(
    db,
    sql`
    with ${log(request)} select e.id, l.event_id is null as missed ${candidates(request)}`,
  );
  const end = performance.now() + budget.ms;
  const passed: Passed = { ids: [], last: null, more: false };
  const looked = found.slice(0, MAX_EVENTS);
  for (let at = 0; at < looked.length; at += budget.batch) {
    if (at > 0 && performance.now() >= end) return { ...passed, more: true };
    const batch = looked.slice(at, at + budget.batch);
    // oxlint-disable-next-line no-await-in-loop -- the budget is for all of them
    const kept = await keptOut(
      db,
      request,
      batch.filter(({ missed }) => missed).map(({ id }) => id),
    );
    passed.ids.push(...batch.map(({ id }) => id).filter((id) => !kept.has(id)));
    passed.last = batch.at(-1)!.id;
  }
  return { ...passed, more: found.length > MAX_EVENTS };
}

/** Those of the events that the webhook's filter rejects. */
async function keptOut(db: Queryable, request: Replay, ids: readonly Uuid[]): Promise<Set<Uuid>> {
  if (ids.length === 0) return new Set();
  const rows = await query<{ id: Uuid }>(db, REJECTED_BY_FILTER, [
    request.workspaceId,
    ids,
    request.endpointId,
  ]);
  return new Set(rows.map(({ id }) => id));
}

/**
 * Queues events again for a webhook, in one statement and in the feed's order. Events that are in its queue already
 * stay as they are.
 * @param passed what `passing` found
 * @returns null if the webhook is not active
 */
export async function replay(
  trx: Transaction,
  request: Replay,
  passed: Passed | 'every',
): Promise<Replayed | null> {
  const { workspaceId, endpointId } = request;
  if (request.dryRun) return count(trx, request, passed);
  // Two replays at once would both find the same; the second one looks after the first has committed.
  const active = await query(trx, LOCK_ENDPOINT, [workspaceId, endpointId]);
  if (active.length === 0) return null;
  await keepEvents(trx, workspaceId);
  return count(trx, request, passed);
}

/** Counts the events, and queues them unless it is a dry run. */
async function count(trx: Transaction, request: Replay, passed: Passed | 'every'): Promise<Replayed> {
  const ids = passed === 'every' ? null : passed.ids;
  const rows = await query<Replayed>(
    trx,
    sql`
    with ${log(request)},
    found as materialized (
      select e.*, row_number() over (order by e.seq) as n,
             case when p.ordering = 'record' then e.object_id end as order_key
      ${candidates(request, ids)}
    )
    ${request.dryRun ? sql`` : queued(request)}
    select least(count(*), ${MAX_EVENTS})::int as queued, count(*) > ${MAX_EVENTS} as more,
           (select id from found where n <= ${MAX_EVENTS} order by n desc limit 1) as last
    from found`,
  );
  const done = rows[0]!;
  return passed !== 'every' && passed.more ? { ...done, more: true, last: passed.last } : done;
}

/** What happened to each event for the webhook. */
function log({ workspaceId, endpointId, sinceId }: Replay): Sql {
  return sql`log as materialized (
      select event_id, bool_or(state = 'delivered') as delivered from attempt
      where workspace_id = ${workspaceId} and endpoint_id = ${endpointId} and delivery_id >= ${sinceId}
        and state is not null and kind <> 'test'
      group by event_id
    )`;
}

/** The events to send again, one more than the maximum, whatever the filter; only those with `ids`, if given. */
function candidates(request: Replay, ids: readonly Uuid[] | null = null): Sql {
  return sql`
      from event e
      join endpoint p on p.workspace_id = e.workspace_id and p.id = ${request.endpointId}
      left join log l on l.event_id = e.id
      where e.workspace_id = ${request.workspaceId} and e.id >= ${request.sinceId} and e.occurred_at >= ${request.since}
        and (${request.until}::timestamptz is null or e.occurred_at < ${request.until})
        and e.seq > ${request.after} and e.type = any(${request.types})
        ${ids === null ? sql`` : sql`and e.id = any(${ids}::uuid[])`}
        and ${WANTED[request.only ?? 'undelivered']}
        and not exists (select from queue q
          where q.workspace_id = e.workspace_id and q.endpoint_id = p.id and q.event_id = e.id and q.kind <> 'test')
      order by e.seq limit ${MAX_EVENTS + 1}`;
}

/** Adds the events to the queue. */
function queued({ endpointId, now }: Replay): Sql {
  return sql`,
    queued as (
      insert into queue
        (workspace_id, endpoint_id, id, event_id, event_type, kind, order_key, seq, bytes, due_at, created_at, expires_at)
      select workspace_id, ${endpointId}, ${sql.raw(orderedId(String(now), 'n'))}, id, type, 'resend', order_key,
             seq, octet_length(data::text),
             case when order_key is null then date_trunc('milliseconds', now()) else ${sql.raw(UNRANKED)} end,
             now(), now() + ${sql.raw(MAX_WAIT)}
      from found where n <= ${MAX_EVENTS}
    )`;
}
