import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely';
import type { Uuid } from '../base/id.ts';
import type { Schema } from '../db/schema.ts';
import { filterLook, filterPasses, filterSkipped } from '../events/event-filter-sql.ts';
import { MAX_WAIT, orderedId, UNRANKED } from '../events/outbox.ts';
import { keepEvents } from './retention-term.ts';

/** What became of the events that are to be sent again; left out, all that were not delivered. */
export const REPLAYED = ['failed', 'missed', 'all'] as const;

/** Which events to queue again for a webhook. */
export interface Replay {
  workspaceId: Uuid;
  endpointId: Uuid;
  /** Events from this time on, before that one; ISO 8601. */
  since: string;
  until: string | null;
  /** No id of these events is smaller. */
  sinceId: Uuid;
  /** Events after this place in the feed. */
  after: number;
  /** Our names of event types. */
  types: readonly string[];
  only: (typeof REPLAYED)[number] | undefined;
  /** Only to be counted. */
  dryRun: boolean;
  /** Now, in milliseconds: the ids of the deliveries begin with it. */
  now: number;
}

export interface Replayed {
  queued: number;
  /** The last event queued, null where there was none; where there are more to look at, the last looked at. */
  last: Uuid | null;
  more: boolean;
}

/** What a filter let through of the events that it looked at. */
export interface Passed {
  ids: Uuid[];
  last: Uuid | null;
  more: boolean;
}

/** Events queued, and looked at with a filter, at most by one call. */
const MOST = 10_000;
/** A filter looks at so many events in one statement, and begins no other one after so many milliseconds. */
const BUDGET = { batch: 25, ms: 3_000 };

/** What the log `l` has to say about an event that is wanted again. */
const WANTED = {
  failed: sql`l.delivered = false`,
  missed: sql`l.event_id is null`,
  all: sql`true`,
  undelivered: sql`l.delivered is not true`,
};

/**
 * The events that pass a webhook's filter: those that were missed have to, as no delivery of them was ever made. Takes no
 * lock, so that a costly filter holds up nobody who changes the webhook.
 * @returns null where the webhook is not active; `every` where no filter decides
 */
export async function passing(
  db: Kysely<Schema>,
  which: Replay,
  budget = BUDGET,
): Promise<Passed | 'every' | null> {
  const { rows: active } = await sql<{ filtered: boolean }>`
    select filter_path is not null as filtered from endpoint
    where workspace_id = ${which.workspaceId} and id = ${which.endpointId} and state = 'active'`.execute(db);
  if (active.length === 0) return null;
  if (!active[0]!.filtered || which.only === 'failed') return 'every';
  const { rows: found } = await sql<{ id: Uuid; missed: boolean }>`
    with ${log(which)} select e.id, l.event_id is null as missed ${candidates(which)}`.execute(db);
  const end = performance.now() + budget.ms;
  const passed: Passed = { ids: [], last: null, more: false };
  const looked = found.slice(0, MOST);
  for (let at = 0; at < looked.length; at += budget.batch) {
    if (at > 0 && performance.now() >= end) return { ...passed, more: true };
    const batch = looked.slice(at, at + budget.batch);
    // oxlint-disable-next-line no-await-in-loop -- the budget is for all of them
    const kept = await keptOut(
      db,
      which,
      batch.filter(({ missed }) => missed).map(({ id }) => id),
    );
    passed.ids.push(...batch.map(({ id }) => id).filter((id) => !kept.has(id)));
    passed.last = batch.at(-1)!.id;
  }
  return { ...passed, more: found.length > MOST };
}

/** Those of the events that the webhook's filter keeps out. */
async function keptOut(db: Kysely<Schema>, which: Replay, ids: readonly Uuid[]): Promise<Set<Uuid>> {
  if (ids.length === 0) return new Set();
  const { rows } = await sql<{ id: Uuid }>`
    select p.id from (
      select e.id, e.look, p.filter_path, p.filter_on, p.filter_texts, ${sql.raw(filterPasses('e.look'))} as passes
      from (
        select e.workspace_id, e.id, ${sql.raw(filterLook('e.data', 'octet_length(e.data::text)'))} as look
        from event e where e.workspace_id = ${which.workspaceId} and e.id = any(${ids}::uuid[]) offset 0
      ) e
      join endpoint p on p.workspace_id = e.workspace_id and p.id = ${which.endpointId}
      offset 0
    ) p
    where not p.passes and ${sql.raw(filterSkipped('p.look', 'p.passes'))} is null`.execute(db);
  return new Set(rows.map(({ id }) => id));
}

/**
 * Queues events again for a webhook, in one statement and in the feed's order, but for those that wait in its queue
 * as it is.
 * @param passed what `passing` found
 * @returns null where the webhook is not active
 */
export async function replay(
  trx: Transaction<Schema>,
  which: Replay,
  passed: Passed | 'every',
): Promise<Replayed | null> {
  const { workspaceId, endpointId } = which;
  if (which.dryRun) return count(trx, which, passed);
  // Two replays at once would both find the same; the second looks when the first has committed.
  const { rows: active } = await sql`
    select from endpoint where workspace_id = ${workspaceId} and id = ${endpointId} and state = 'active'
    for no key update`.execute(trx);
  if (active.length === 0) return null;
  await keepEvents(trx, workspaceId);
  return count(trx, which, passed);
}

/** Counts what is found, and queues it but in a dry run. */
async function count(trx: Transaction<Schema>, which: Replay, passed: Passed | 'every'): Promise<Replayed> {
  const ids = passed === 'every' ? null : passed.ids;
  const { rows } = await sql<Replayed>`
    with ${log(which)},
    found as materialized (
      select e.*, row_number() over (order by e.seq) as n,
             case when p.ordering = 'record' then e.object_id end as order_key
      ${candidates(which, ids)}
    )
    ${which.dryRun ? sql`` : queued(which)}
    select least(count(*), ${MOST})::int as queued, count(*) > ${MOST} as more,
           (select id from found where n <= ${MOST} order by n desc limit 1) as last
    from found`.execute(trx);
  const done = rows[0]!;
  return passed !== 'every' && passed.more ? { ...done, more: true, last: passed.last } : done;
}

/** What became of each event for the webhook. */
function log({ workspaceId, endpointId, sinceId }: Replay): RawBuilder<unknown> {
  return sql`log as materialized (
      select event_id, bool_or(state = 'delivered') as delivered from attempt
      where workspace_id = ${workspaceId} and endpoint_id = ${endpointId} and delivery_id >= ${sinceId}
        and state is not null and kind <> 'test'
      group by event_id
    )`;
}

/** The events that are wanted again, one more than fit, whatever the filter; of these ids, where they are given. */
function candidates(which: Replay, ids: readonly Uuid[] | null = null): RawBuilder<unknown> {
  return sql`
      from event e
      join endpoint p on p.workspace_id = e.workspace_id and p.id = ${which.endpointId}
      left join log l on l.event_id = e.id
      where e.workspace_id = ${which.workspaceId} and e.id >= ${which.sinceId} and e.occurred_at >= ${which.since}
        and (${which.until}::timestamptz is null or e.occurred_at < ${which.until})
        and e.seq > ${which.after} and e.type = any(${which.types})
        ${ids === null ? sql`` : sql`and e.id = any(${ids}::uuid[])`}
        and ${WANTED[which.only ?? 'undelivered']}
        and not exists (select from queue q
          where q.workspace_id = e.workspace_id and q.endpoint_id = p.id and q.event_id = e.id and q.kind <> 'test')
      order by e.seq limit ${MOST + 1}`;
}

/** Puts what was found into the queue. */
function queued({ endpointId, now }: Replay): RawBuilder<unknown> {
  return sql`,
    queued as (
      insert into queue
        (workspace_id, endpoint_id, id, event_id, event_type, kind, order_key, seq, bytes, due_at, created_at, expires_at)
      select workspace_id, ${endpointId}, ${sql.raw(orderedId(String(now), 'n'))}, id, type, 'resend', order_key,
             seq, octet_length(data::text),
             case when order_key is null then date_trunc('milliseconds', now()) else ${sql.raw(UNRANKED)} end,
             now(), now() + ${sql.raw(MAX_WAIT)}
      from found where n <= ${MOST}
    )`;
}
