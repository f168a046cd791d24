import type pg from 'pg';
import type { Uuid } from '../../base/id.ts';
import { DUE_NOW, UNRANKED } from '../../events/outbox.ts';
import type { LaneKey } from '../../events/outbox.ts';
import type { Statement } from '../../db/query.ts';

/*
 * Order by record: of a record's events that wait for one webhook, only one is due. The others are blocked until it
 * has left the queue. A publisher cannot know whether there is an earlier one, so it stores the row unranked. Only
 * the holder of the lane ranks rows, so that no two statements ever choose differently. A blocked row is never read:
 * a receiver that is down with a hundred thousand events of one record costs no more than with one.
 */

/** `due_at` of a row that is blocked by an earlier one of its record. */
export const BLOCKED = `'9999-12-31 00:00:00+00'::timestamptz`;

/** Rows ranked by one statement. */
const PROMOTE_BATCH = 500;

/**
 * Ranks rows. It looks at each record that has an unranked row, or whose due row has just left. The first row becomes
 * due, unless one of that record is due already; the others are blocked.
 * $1 workspace, $2 endpoint, $3 token, $4 more records to look at
 */
export const PROMOTE: Statement = {
  name: 'lane.promote',
  text: `
with mine as (select from lane where workspace_id = $1 and endpoint_id = $2 and token = $3),
unranked as (
  select id, order_key from queue
  where workspace_id = $1 and endpoint_id = $2 and due_at = ${UNRANKED} and exists (select from mine)
  order by id limit ${PROMOTE_BATCH}
),
record as (
  select order_key from unranked union select unnest($4::uuid[]) where exists (select from mine)
),
head as (
  select h.id from record r
  cross join lateral (
    select q.id, q.due_at from queue q
    where q.workspace_id = $1 and q.endpoint_id = $2 and q.order_key = r.order_key
    order by q.seq, q.id limit 1
  ) h
  where h.due_at >= ${BLOCKED} and not exists (
    select from queue o
    where o.workspace_id = $1 and o.endpoint_id = $2 and o.order_key = r.order_key and o.due_at < ${BLOCKED})
),
promoted as (
  update queue q set due_at = case when p.first then ${DUE_NOW} else ${BLOCKED} end
  from (
    select id, bool_or(first) as first
    from (select id, true as first from head union all select id, false from unranked) u group by id
  ) p
  where q.workspace_id = $1 and q.id = p.id and q.due_at >= ${BLOCKED}
  returning p.first
)
select (select count(*) from promoted where first)::int as due,
       (select count(*) from unranked) = ${PROMOTE_BATCH} as more`,
};

/** Makes all blocked rows unranked, after a holder vanished that may have settled a row and not promoted the next. */
export const DEMOTE: Statement = {
  name: 'lane.demote',
  text: `
update queue set due_at = ${UNRANKED}
where workspace_id = $1 and endpoint_id = $2 and due_at = ${BLOCKED}
  and exists (select from lane where workspace_id = $1 and endpoint_id = $2 and token = $3)`,
};

/**
 * Makes blocked rows with nothing before them unranked. What was before them left the queue without the lane's
 * holder: it expired, or a settle was written just after the lane changed hands. This is rare and no wake finds it,
 * so the whole queue is searched from time to time.
 * @returns the lanes to wake
 */
export async function unblockOrphaned(pool: pg.Pool): Promise<LaneKey[]> {
  const { rows } = await pool.query<{ workspace_id: Uuid; endpoint_id: Uuid }>({
    name: 'queue.orphaned',
    text: `
with orphaned as (
  select distinct on (q.workspace_id, q.endpoint_id, q.order_key) q.workspace_id, q.endpoint_id, q.id from queue q
  where q.order_key is not null and q.due_at = ${BLOCKED} and not exists (
    select from queue o
    where o.workspace_id = q.workspace_id and o.endpoint_id = q.endpoint_id and o.order_key = q.order_key
      and o.due_at < ${BLOCKED})
  order by q.workspace_id, q.endpoint_id, q.order_key, q.seq, q.id
),
freed as (
  update queue q set due_at = ${UNRANKED} from orphaned s
  where q.workspace_id = s.workspace_id and q.id = s.id and q.due_at = ${BLOCKED}
  returning q.workspace_id, q.endpoint_id
)
select distinct workspace_id, endpoint_id from freed`,
  });
  return rows.map((row) => [row.workspace_id, row.endpoint_id] as const);
}
