import { UNRANKED } from '../../events/outbox.ts';
import { BLOCKED } from './record-order.ts';
import type { Statement } from '../../db/query.ts';

/*
 * The statements of the lane protocol (states.md, lane.pml). Every statement that takes several lanes locks them in key
 * order, as wake.ts does, so that two of them never wait for each other in a circle.
 */

/**
 * Claims due lanes that nobody holds, longest due first. A plain read finds candidates. Locking then checks the same
 * condition again on the current row, and skips lanes that another worker is claiming. It uses now(), not
 * clock_timestamp(): only a stable function can bound an index scan (0.5 ms instead of 14 over 101,000 sleeping lanes).
 * $1 how many, $2 a token, $3 the lease in ms, $4 the workspace, or null for any
 */
export const CLAIM: Statement = {
  name: 'lane.claim',
  text: `
with candidate as (
  select workspace_id, endpoint_id from lane
  where due <= now() and lease_until <= now() and not_before <= now() and ($4::uuid is null or workspace_id = $4)
  order by due limit $1
),
locked as (
  select l.workspace_id, l.endpoint_id from lane l
  join candidate c on c.workspace_id = l.workspace_id and c.endpoint_id = l.endpoint_id
  where l.due <= now() and l.lease_until <= now() and l.not_before <= now()
  order by l.workspace_id, l.endpoint_id for update of l skip locked
)
update lane l
set token = $2, lease_until = clock_timestamp() + $3 * interval '1 ms',
    takeovers = case when l.token is null then 0 else l.takeovers + 1 end
from locked k where l.workspace_id = k.workspace_id and l.endpoint_id = k.endpoint_id
returning l.workspace_id, l.endpoint_id, l.token, l.takeovers, l.suspect, l.suspect_crashes, l.slow_streak, l.failures,
  l.rate_used, case when l.rate_until > clock_timestamp()
    then extract(epoch from l.rate_until - clock_timestamp())::float8 * 1000 else 0 end as rate_for_ms`,
};

/** The lanes of a list that are still held under the given tokens, locked in key order. */
const STILL_HELD = `
held as (
  select l.workspace_id, l.endpoint_id, h.token, h.wake
  from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[]) as h(workspace_id, endpoint_id, token, wake)
  join lane l on l.workspace_id = h.workspace_id and l.endpoint_id = h.endpoint_id and l.token = h.token
  order by l.workspace_id, l.endpoint_id for update of l
)`;

/** In how many ms the first sleeping lane is due, for a worker's timer. $1 how far to look ahead, in ms */
export const NEXT_DUE: Statement = {
  name: 'lane.next-due',
  text: `
select extract(epoch from due - clock_timestamp())::float8 * 1000 as ms from lane
where due > now() and due <= now() + $1 * interval '1 ms' order by due limit 1`,
};

/** Extends the lease of lanes. Returns those that are still held. $5 the lease in ms */
export const RENEW: Statement = {
  name: 'lane.renew',
  text: `
with ${STILL_HELD}
update lane l set lease_until = clock_timestamp() + $5 * interval '1 ms'
from held h where l.workspace_id = h.workspace_id and l.endpoint_id = h.endpoint_id and l.token = h.token
returning h.endpoint_id, h.token`,
};

/**
 * Releases lanes, each only if token and wake are still those of the read that found nothing: a publisher that committed
 * since has raised wake. The lane is next due when its first queue row is. Of a webhook that is not active only tests
 * count, of a deleted one nothing. An unranked row counts as due. The time is rounded up to the column's milliseconds, so
 * that the next claim finds the row due.
 */
export const RELEASE: Statement = {
  name: 'lane.release',
  text: `
with ${STILL_HELD}
update lane l
set token = null, lease_until = '-infinity', takeovers = 0, suspect = null, suspect_crashes = 0,
    due = greatest(l.not_before, least('infinity', (
      select d.due_at from endpoint p
      cross join lateral (
        select q.due_at + interval '0.5 ms' as due_at from queue q
        where q.workspace_id = l.workspace_id and q.endpoint_id = l.endpoint_id
        order by q.due_at, q.id limit 1
      ) d
      where p.workspace_id = l.workspace_id and p.id = l.endpoint_id and p.state = 'active'
    ), (
      select clock_timestamp() from endpoint p
      join queue q on q.workspace_id = p.workspace_id and q.endpoint_id = p.id and q.due_at = ${UNRANKED}
      where p.workspace_id = l.workspace_id and p.id = l.endpoint_id and p.state = 'active'
      limit 1
    ), (
      select min(q.due_at) from endpoint p
      join queue q on q.workspace_id = p.workspace_id and q.endpoint_id = p.id and q.kind = 'test'
      where p.workspace_id = l.workspace_id and p.id = l.endpoint_id and p.state in ('paused', 'disabled')
    )))
from held h
where l.workspace_id = h.workspace_id and l.endpoint_id = h.endpoint_id and l.token = h.token and l.wake = h.wake
returning h.endpoint_id, h.token, case when isfinite(l.due)
  then extract(epoch from l.due - clock_timestamp())::float8 * 1000 end as due_in_ms`,
};

/**
 * Reads what is due on several lanes at once, in the order in which it became due. Rows and bytes of each lane are
 * limited, but the first row is always returned. wake comes from the same snapshot as the rows. An event that many lanes
 * send is looked up and returned once, with `nth` 1. OFFSET 0 makes every plan look up the event by its key, instead of
 * joining the whole event table.
 */
export const READ: Statement = {
  name: 'lane.read',
  text: `
with due as (
  select r.n, l.token = r.token as held, l.wake, p.version as endpoint_version, p.own_names, u.unranked, u.next_in_ms,
         r.workspace_id, q.id, q.event_id, q.event_type, q.kind, q.order_key, q.attempt, q.bytes, q.due_at, q.expires_at,
         row_number() over (partition by r.workspace_id, q.event_id) as nth
  from unnest($1::int[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::uuid[], $7::int[], $8::int[])
    as r(n, workspace_id, endpoint_id, token, after_due, after_id, max_rows, max_bytes)
  join lane l on l.workspace_id = r.workspace_id and l.endpoint_id = r.endpoint_id
  join endpoint p on p.workspace_id = r.workspace_id and p.id = r.endpoint_id
  cross join lateral (
    select p.state = 'active' and exists (
      select from queue u
      where u.workspace_id = r.workspace_id and u.endpoint_id = r.endpoint_id and u.due_at = ${UNRANKED}
    ) as unranked, case when p.state = 'active' then (
      select extract(epoch from f.due_at - clock_timestamp())::float8 * 1000 from queue f
      where f.workspace_id = r.workspace_id and f.endpoint_id = r.endpoint_id and f.due_at > now()
        and f.due_at < ${BLOCKED}
      order by f.due_at limit 1
    ) end as next_in_ms offset 0
  ) u
  left join lateral (
    select * from (
      select d.*, sum(d.bytes) over (order by d.due_at, d.id) as total
      from (
        select * from queue q
        where q.workspace_id = r.workspace_id and q.endpoint_id = r.endpoint_id
          and q.due_at <= now() and (q.due_at, q.id) > (r.after_due, r.after_id)
          and (p.state = 'active' or q.kind = 'test')
        order by q.due_at, q.id limit r.max_rows
      ) d
    ) t where t.total <= r.max_bytes or t.total = t.bytes
  ) q on true
)
select q.n, q.held, q.wake, q.endpoint_version, q.own_names, q.unranked, q.next_in_ms,
       q.id, q.event_id, q.event_type, q.kind, q.order_key, q.attempt, q.bytes, q.due_at::text as due_at,
       date_part('epoch', clock_timestamp() - q.due_at) as lag_s, q.expires_at <= clock_timestamp() as expired,
       q.nth, e.object_type, e.object_id, e.occurred_at, e.data, e.context
from due q
left join lateral (
  select e.object_type, e.object_id, e.occurred_at, e.data::text as data, e.context::text as context from event e
  where q.nth = 1 and e.workspace_id = q.workspace_id and e.id = q.event_id offset 0
) e on true
order by q.n, q.due_at, q.id`,
};

/** Stores which delivery is about to be sent alone. $4 its id; null once it is settled */
export const MARK_SUSPECT: Statement = {
  name: 'lane.mark-suspect',
  text: `
update lane set suspect_crashes = case when suspect = $4 then suspect_crashes else 0 end, suspect = $4
where workspace_id = $1 and endpoint_id = $2 and token = $3 returning 1`,
};

/** Counts a crash against the suspect when its lane is taken over. Returns the count. */
export const COUNT_CRASH: Statement = {
  name: 'lane.count-crash',
  text: `
update lane set suspect_crashes = suspect_crashes + 1
where workspace_id = $1 and endpoint_id = $2 and token = $3 and suspect is not null returning suspect_crashes`,
};

/** Undoes a takeover. Its former holder lives, so the cause was a stall or an outage and not a crash. */
export const CLEAR_CRASH: Statement = {
  name: 'lane.clear-crash',
  text: `
update lane set takeovers = greatest(0, takeovers - 1), suspect_crashes = greatest(0, suspect_crashes - 1)
where workspace_id = $1 and endpoint_id = $2 and token is distinct from $3`,
};

/** Stores the used part of the webhook's rate for the next holder. $4 requests, $5 for how long they count, in ms */
export const CARRY: Statement = {
  name: 'lane.carry',
  text: `
update lane set rate_used = $4, rate_until = clock_timestamp() + $5 * interval '1 ms'
where workspace_id = $1 and endpoint_id = $2 and token = $3`,
};

/** Pauses the whole lane: its breaker opened, or its rate is used up. $4 for how long, in ms, $5 the slow streak */
export const REST: Statement = {
  name: 'lane.rest',
  text: `
update lane set not_before = greatest(not_before, clock_timestamp() + $4 * interval '1 ms'), slow_streak = $5
where workspace_id = $1 and endpoint_id = $2 and token = $3`,
};
