import { filterLook, filterPasses, filterSkipped } from './event-filter-sql.ts';

/**
 * The outbox. A change and what it sets off are one statement: these common table expressions, put
 * behind the one that writes the record, store the event with its place in the feed, its line in the
 * timeline, and a queue row for every webhook that wants it. There is no second write to lose.
 *
 * They expect two tables before them, and the events as `$2::json`:
 *   input(n, workspace_id, id, actor, at, record json) — what was asked for
 *   written(workspace_id, id)                          — what of it took effect
 *   $2: [{n, k, id, type, wildcard, changed}]              — what each input fires, in the order of k; `wildcard`
 *                                                        names the formats whose `*` includes the type
 * They end in `queued(workspace_id, endpoint_id)`: the lanes to wake once this is committed.
 *
 * A webhook's filter is a path over the record (event-filter.ts); one that comes to nothing, or to an error, keeps the
 * event out. Where there is one for an event's type, the record is cast once, and cut to what filters look at; it has to
 * be JSON that jsonb takes, without \u0000. Where a filter had to look further, the event is delivered and says so.
 * Where the webhook keeps the order of a record's events, the row has no place yet (record-order.ts).
 *
 * The counter row is locked after the records and, where there are several, in workspace order, so flights
 * of several processes can't wait for each other in a circle over it. Lanes are not touched here (see wake.ts
 * for why).
 * @param object the kind of record, as in `contact`; null where the event is about none of ours: then its kind is the
 *   noun of its type, and there is no timeline that it could be a line of
 * @param several whether the statement may hold more than one workspace
 * @param context SQL for what an event tells beside its record, as json over `fired f`; left out, the column is too
 */
export function publishing(object: string | null, several: boolean, context?: string): string {
  const kind = object === null ? `split_part(f.type, '.', 1)` : `'${object}'`;
  const timeline = `
timeline as (
  insert into activity (workspace_id, id, record_type, record_id, type, actor, changed, occurred_at)
  select workspace_id, id, ${kind}, object_id, type, actor, changed, at from fired
),`;
  const locked = `
locked as (
  select c.workspace_id from workspace_counter c
  where c.workspace_id in (select workspace_id from fired)
  order by c.workspace_id for update
),`;
  // Read once a statement: most workspaces have no filter, and an event of theirs pays for nothing.
  return `
filters as materialized (
  select p.workspace_id, p.events from endpoint p
  where p.workspace_id in (select workspace_id from input) and p.filter_path is not null and p.state = 'active'
),
fired as (
  select f.*, case when filtered then ${filterLook('f.record', 'f.bytes')} end as look
  from (
    select i.workspace_id, i.id as object_id, e.id, e.type, e.wildcard, e.changed, i.actor, i.at, i.record,
           row_number() over (partition by i.workspace_id order by e.n, e.k) as nth,
           octet_length(i.record::text) as bytes,
           exists (select from filters p
             where p.workspace_id = i.workspace_id and (e.type = any(p.events) or '*' = any(p.events))) as filtered
    from json_to_recordset($2::json) as e(n int, k int, id uuid, type text, wildcard text[], changed json)
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
       and (f.type = any(p.events) or ('*' = any(p.events) and p.format = any(f.wildcard)))
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
         ${context ? `${context},` : ''}
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

/** Cut to the column's milliseconds: rounded, it would lie in the future half the time. */
export const DUE_NOW = `date_trunc('milliseconds', clock_timestamp())`;

/** When a row is due that has no place yet in the order of its record (record-order.ts). */
export const UNRANKED = `'infinity'::timestamptz`;

/** A delivery is given up after this long, whatever its schedule; events are kept for longer. */
export const MAX_WAIT_DAYS = 30;
export const MAX_WAIT = `interval '${MAX_WAIT_DAYS} days'`;

/**
 * A UUIDv7 for a delivery: how many there will be only the statement knows, so it makes their ids, from
 * the milliseconds of the event's id and the randomness of a version 4 one.
 */
export function deliveryId(eventId: string): string {
  return `(left(${eventId}::text, 13) || '-7' || substr(gen_random_uuid()::text, 16))::uuid`;
}

/**
 * UUIDv7s for deliveries that one statement makes, in the order of `n`: which of them is read first goes by the id where
 * they are due at once.
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

/** An event that a write fires, as it goes into the statement. */
export interface Fired {
  id: string;
  type: string;
  /** For an update: the fields that changed, with what they were. */
  changed?: Record<string, unknown>;
}
