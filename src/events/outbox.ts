import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import type { Queryable, Statement } from '../db/query.ts';
import { filterLook, filterPasses, filterSkipped } from './event-filter-sql.ts';

/** The key of a lane: the queue of one webhook. */
export type LaneKey = readonly [workspaceId: Uuid, endpointId: Uuid];

/** What determines the text of a statement that writes events. */
export interface OutboxShape {
  /** The kind of record, as in `contact`. Null: the first part of the event's type, and no timeline entry. */
  objectType: string | null;
  /** Whether the statement may hold more than one workspace. */
  several: boolean;
  /**
   * SQL for the json context of an event over `fired f`, if the event itself has none (`context`). Undefined: no event of
   * the statement has a context or an alias.
   */
  context?: string | undefined;
}

/**
 * The outbox. A change and the events that it fires are one statement: these common table expressions, after the one
 * that writes the record, store each event with its position in the feed, its timeline entry, and a queue row for every
 * webhook that is subscribed. There is no second write that could be lost.
 *
 * They expect two tables before them, and the events as `$2::json`:
 *   input(n, workspace_id, id, actor, at, record json) — what is to be written
 *   written(workspace_id, id)                          — what of it was written
 *   $2: [{n, k, id, type, wildcard, changed, context}] — the events of each input, in the order of k; `wildcard`
 *                                                        names the formats whose `*` includes the type. With `alias`
 *                                                        and `alias_formats`: webhooks of these formats that are
 *                                                        subscribed to the type `alias` get the event, too
 * They end in `queued(workspace_id, endpoint_id)`: the lanes to wake after the commit.
 *
 * A webhook's filter is a path over the record (event-filter.ts). A filter that is false, or an error, keeps the event
 * from the webhook. Where an event's type has a filter, the record is cast once, and cut to what filters look at; it has
 * to be JSON that jsonb takes, without \u0000. Where a filter would have to look further, the event is delivered, and
 * says so. Where the webhook keeps the order of a record's events, the row is unranked at first (delivery/queue/record-order.ts).
 *
 * The counter row is locked after the records and, where there are several, in workspace order: batches of several
 * processes cannot deadlock over it. Lanes are not touched here (see delivery/queue/wake.ts).
 */
export function outboxTables({ objectType: object, several, context }: OutboxShape): string {
  const kind = object === null ? `split_part(f.type, '.', 1)` : `'${object}'`;
  const timeline = `
timeline as (
  insert into activity (workspace_id, id, record_type, record_id, type, actor, changed, changed_to, occurred_at)
  select workspace_id, id, ${kind}, object_id, type, actor, changed, ${NEW_VALUES}, at from fired f
),`;
  const locked = `
locked as (
  select c.workspace_id from workspace_counter c
  where c.workspace_id in (select workspace_id from fired)
  order by c.workspace_id for update
),`;
  // Read once per statement: events of workspaces without filters cost nothing extra.
  return `
filters as materialized (
  select p.workspace_id, p.events from endpoint p
  where p.workspace_id in (select workspace_id from input) and p.filter_path is not null and p.state = 'active'
),
fired as (
  select f.*, case when filtered then ${filterLook('f.record', 'f.bytes')} end as look
  from (
    select i.workspace_id, i.id as object_id, e.id, e.type, e.wildcard, e.changed, ${context ? 'e.context, e.alias, e.alias_formats, ' : ''}i.actor, i.at, i.record,
           row_number() over (partition by i.workspace_id order by e.n, e.k) as nth,
           octet_length(i.record::text) as bytes,
           exists (select from filters p
             where p.workspace_id = i.workspace_id
               and (e.type = any(p.events) or '*' = any(p.events)${context ? ' or e.alias = any(p.events)' : ''})) as filtered
    from json_to_recordset($2::json) as e(n int, k int, id uuid, type text, wildcard text[], changed json${context ? ', context json, alias text, alias_formats text[]' : ''})
    join input i on i.n = e.n
    join written w on w.workspace_id = i.workspace_id and w.id = i.id
  ) f
),${several ? locked : ''}
counter as (
  update workspace_counter c set event_seq = c.event_seq + f.count
  from (select workspace_id, count(*) as count from fired group by workspace_id) f
  ${several ? 'join locked l on l.workspace_id = f.workspace_id' : ''}
  where c.workspace_id = f.workspace_id
  returning c.workspace_id, c.event_seq - f.count as base
),
wanted as (
  select p.workspace_id, p.event_id, p.endpoint_id, p.type, p.nth, p.bytes, p.at, p.order_key, p.skipped,
         case when not p.passes and p.skipped is null then p.filter_on end as kept_out
  from (
    select p.*, ${filterSkipped('p.look', 'p.passes')} as skipped
    from (
      select f.workspace_id, f.id as event_id, p.id as endpoint_id, f.type, f.nth, f.bytes, f.at, f.look,
             case when p.ordering = 'record' then f.object_id end as order_key,
             p.filter_path, p.filter_on, p.filter_texts, ${filterPasses('f.look')} as passes
      from fired f
      join endpoint p on p.workspace_id = f.workspace_id and p.state = 'active'
       and (f.type = any(p.events) or ('*' = any(p.events) and p.format = any(f.wildcard))${
         context ? ' or (f.alias = any(p.events) and p.format = any(f.alias_formats))' : ''
       })
      offset 0
    ) p
    offset 0
  ) p
),
stored as (
  insert into event
    (workspace_id, id, seq, type, object_type, object_id, occurred_at, actor, data${context ? ', context' : ''}, matched, reason,
     filter_skipped)
  select f.workspace_id, f.id, c.base + f.nth, f.type, ${kind}, f.object_id, f.at, f.actor, f.record,
         ${context ? `coalesce(f.context, ${context}),` : ''}
         coalesce(m.matched, 0),
         case when m.event_id is null then 'no active webhook is subscribed to this type'
              when m.skipped is null then 'no match: ' || m.kept_out
              else concat_ws('; ', 'no match: ' || m.kept_out,
                'filter skipped, longer than it looks at: ' || m.skipped_fields) end,
         m.skipped
  from fired f
  join counter c on c.workspace_id = f.workspace_id
  left join (
    select event_id, (count(*) - count(kept_out))::int as matched, string_agg(kept_out, '; ') as kept_out,
           string_agg(skipped, '; ') as skipped_fields,
           json_object_agg(endpoint_id, skipped) filter (where skipped is not null) as skipped
    from wanted group by event_id
  ) m on m.event_id = f.id
),${object === null ? '' : timeline}
queued as (
  insert into queue
    (workspace_id, endpoint_id, id, event_id, event_type, kind, order_key, seq, bytes, due_at, created_at, expires_at)
  select w.workspace_id, w.endpoint_id, ${deliveryId('w.event_id')}, w.event_id, w.type, 'event', w.order_key,
         c.base + w.nth, w.bytes, case when w.order_key is null then ${DUE_NOW} else ${UNRANKED} end, w.at, now() + ${MAX_WAIT}
  from wanted w
  join counter c on c.workspace_id = w.workspace_id
  where w.kept_out is null
  returning workspace_id, endpoint_id
)`;
}

/** SQL: the new values of the fields of `changed`, from the record of the event. */
const NEW_VALUES = `case when changed is not null then (
    select json_object_agg(k.name, f.record->k.name) from json_object_keys(f.changed) k(name)
    where f.record->k.name is not null) end`;

/** Truncated to the column's milliseconds: rounded, it would be in the future half of the time. */
export const DUE_NOW = `date_trunc('milliseconds', clock_timestamp())`;

/** The due time of a row without a rank in the order of its record (record-order.ts). */
export const UNRANKED = `'infinity'::timestamptz`;

/** A delivery expires after this time, whatever its retry schedule; events are kept longer. */
export const MAX_WAIT_DAYS = 30;
export const MAX_WAIT = `interval '${MAX_WAIT_DAYS} days'`;

/**
 * SQL for the UUIDv7 of a delivery. Made in SQL, since only the statement knows how many deliveries there are: from the
 * milliseconds of the event's id and the random bits of a version 4 UUID.
 */
export function deliveryId(eventId: string): string {
  return `(left(${eventId}::text, 13) || '-7' || substr(gen_random_uuid()::text, 16))::uuid`;
}

/**
 * SQL for UUIDv7s of deliveries that one statement creates, in the order of `n`: deliveries that are due at the same time
 * are read in the order of ids.
 * @param ms SQL for now, in milliseconds
 * @param n SQL for a number of the row, as bigint
 */
export function orderedId(ms: string, n: string): string {
  const time = `lpad(to_hex(${ms}::bigint + ${n} / 4096), 12, '0')`;
  return (
    `(left(${time}, 8) || '-' || right(${time}, 4) || '-7' || lpad(to_hex(${n} % 4096), 3, '0') ` +
    `|| substr(gen_random_uuid()::text, 19))::uuid`
  );
}

/** An event for `append`. */
export interface OutboxEvent {
  workspaceId: Uuid;
  id: Uuid;
  type: string;
  /** The object of the event; within a call, each event has another one. */
  objectId: Uuid;
  actor: string;
  /** ISO 8601. */
  at: string;
  data: object;
  /** Additional data, such as names at the time of the event. */
  context?: object | undefined;
  /** The formats whose `*` includes its type. */
  wildcard: readonly string[];
}

/** Idempotency keys that the same statement claims; an event whose key was taken is not written. */
export interface AppendClaims {
  /** SQL of common table expressions over `$3` that end in `refused(unit)`; a unit is the index of an event. */
  tables: string;
  /** `$3`. */
  rows: readonly object[];
}

export interface Appended {
  /** Indexes of events whose idempotency key was taken. */
  taken: readonly number[];
  /** The lanes to notify after the commit. */
  lanes: LaneKey[];
}

/**
 * Appends events to the outbox: feed, timeline and queue rows in one statement. In a transaction, call it last, since it
 * locks the feed's counter until the commit.
 * @param on a transaction, or a batch's connection
 * @param objectType as in `OutboxShape`
 */
export async function append(
  on: Queryable,
  objectType: string | null,
  events: readonly OutboxEvent[],
  claims?: AppendClaims,
): Promise<Appended> {
  const shape = {
    objectType,
    several: new Set(events.map(({ workspaceId }) => workspaceId)).size > 1,
    ...(events.some(({ context }) => context !== undefined) && { context: 'null::json' }),
  };
  const isClaiming = claims !== undefined && claims.rows.length > 0;
  const input = events.map(({ workspaceId, objectId, actor, at, data }, n) => ({
    n,
    unit: n,
    workspace_id: workspaceId,
    id: objectId,
    actor,
    at,
    record: data,
  }));
  const fired = events.map(({ id, type, wildcard, context }, n) => ({
    n,
    k: 0,
    id,
    type,
    wildcard,
    context,
  }));
  const { rows } = await on.query<{ taken: number[] | null; lanes: LaneKey[] | null }>({
    ...appendStatement(shape, isClaiming ? claims.tables : null),
    values: [
      JSON.stringify(input),
      JSON.stringify(fired),
      ...(isClaiming ? [JSON.stringify(claims.rows)] : []),
    ],
  });
  return { taken: rows[0]!.taken ?? [], lanes: rows[0]!.lanes ?? [] };
}

function appendStatement(shape: OutboxShape, claims: string | null): Statement {
  const parts = ['outbox.append', shape.objectType ?? 'custom'];
  if (shape.several) parts.push('several');
  if (shape.context) parts.push('context');
  if (claims !== null) parts.push('claims');
  return {
    name: parts.join('.'),
    text: `
with input as materialized (
  select * from json_to_recordset($1::json)
    as i(n int, unit int, workspace_id uuid, id uuid, actor text, at timestamptz, record json)
),${claims === null ? '' : `${claims},`}
written as (
  select workspace_id, id from input i ${claims === null ? '' : 'where not exists (select from refused r where r.unit = i.unit)'}
),
${outboxTables(shape)}
select ${claims === null ? 'null::json' : '(select json_agg(unit) from refused)'} as taken,
       (select json_agg(distinct jsonb_build_array(workspace_id, endpoint_id)) from queued) as lanes`,
  };
}

/** Another type whose subscribers get the event, too: in formats whose webhooks have one event type. */
export interface EventAlias {
  alias: string;
  alias_formats: readonly string[];
}

/** A webhook that an event would be queued for. */
export interface MatchingWebhook {
  id: Uuid;
  name: string;
  url: string;
  /** The event types that it would be sent. */
  events: string[];
}

const MATCHING = {
  name: 'outbox.matching',
  text: `
with filtered as materialized (
  select exists (
    select from endpoint p where p.workspace_id = $1 and p.filter_path is not null and p.state = 'active'
  ) as has_filter
),
fired as (
  select f.type, f.wildcard, f.alias, f.alias_formats, f.n,
         case when (select has_filter from filtered) then ${filterLook('f.record::json', 'octet_length(f.record)')} end as look
  from json_to_recordset($2::json)
    as f(n int, type text, wildcard text[], alias text, alias_formats text[], record text)
),
wanted as (
  select p.*, ${filterSkipped('p.look', 'p.passes')} as skipped
  from (
    select p.id, p.name, p.url, f.type, f.n, f.look, p.filter_path, p.filter_on, p.filter_texts,
           ${filterPasses('f.look')} as passes
    from fired f
    join endpoint p on p.workspace_id = $1 and p.state = 'active'
     and (f.type = any(p.events) or ('*' = any(p.events) and p.format = any(f.wildcard))
       or (f.alias = any(p.events) and p.format = any(f.alias_formats)))
    offset 0
  ) p
)
select id, name, url, array_agg(type order by n) as events from wanted
where passes is not false or skipped is not null
group by id, name, url order by id`,
};

/** The webhooks that these events of a workspace would be queued for, were they appended now. */
export function matchingWebhooks(
  db: Database,
  workspaceId: Uuid,
  events: readonly ({ type: string; wildcard: readonly string[]; record: string } & Partial<EventAlias>)[],
): Promise<MatchingWebhook[]> {
  const fired = events.map((event, n) => ({ n, ...event }));
  return db.read<MatchingWebhook>(MATCHING, [workspaceId, JSON.stringify(fired)]);
}
