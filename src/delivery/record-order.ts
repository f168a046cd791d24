import type pg from 'pg';
import type { Uuid } from '../base/id.ts';
import type { Statement } from '../db/pool.ts';
import { DUE_NOW, UNRANKED } from '../events/outbox.ts';
import type { LaneKey } from '../events/outbox.ts';

/*
 * Order by record: of the events of one record that wait for a webhook, one alone is due, the others wait until it has
 * left the queue. A publisher can't tell whether there is one before it, so it stores the row without a place; only the
 * holder of the lane places rows, and so no two statements ever choose differently. A row that waits is never read: a
 * receiver that is down with a hundred thousand events of one record costs no more than with one.
 */

/** When a row is due that waits behind another of its record. */
export const BLOCKED = `'9999-12-31 00:00:00+00'::timestamptz`;

/** Rows placed by one statement. */
const PROMOTE_BATCH = 500;

/**
 * Places rows: of each record that has a new row, or whose last one has just left, the first becomes due, unless one of
 * that record is due already; the others wait behind it.
 * $1 workspace, $2 endpoint, $3 token, $4 records to look at as well
 */
export const PROMOTE: Statement = {
  name: 'lane.place',
  text: `
with mine as (select from lane where workspace_id = $1 and endpoint_id = $2 and token = $3),
unplaced as (
  select id, order_key from queue
  where workspace_id = $1 and endpoint_id = $2 and due_at = ${UNRANKED} and exists (select from mine)
  order by id limit ${PROMOTE_BATCH}
),
record as (
  select order_key from unplaced union select unnest($4::uuid[]) where exists (select from mine)
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
placed as (
  update queue q set due_at = case when p.first then ${DUE_NOW} else ${BLOCKED} end
  from (
    select id, bool_or(first) as first
    from (select id, true as first from head union all select id, false from unplaced) u group by id
  ) p
  where q.workspace_id = $1 and q.id = p.id and q.due_at >= ${BLOCKED}
  returning p.first
)
select (select count(*) from placed where first)::int as due,
       (select count(*) from unplaced) = ${PROMOTE_BATCH} as more`,
};

/** Takes all places back, as a holder vanished who may have settled a row and not placed the next. */
export const DEMOTE: Statement = {
  name: 'lane.unplace',
  text: `
update queue set due_at = ${UNRANKED}
where workspace_id = $1 and endpoint_id = $2 and due_at = ${BLOCKED}
  and exists (select from lane where workspace_id = $1 and endpoint_id = $2 and token = $3)`,
};

/**
 * Takes the places back of rows that wait behind nothing: what was before them left the queue without its lane's holder
 * (it expired, or a settle was written just after the lane had changed hands). Rare, and no wake-up finds it, so it is
 * looked for now and then, over all that waits.
 * @returns the lanes to wake
 */
export async function straysFrom(pool: pg.Pool): Promise<LaneKey[]> {
  const { rows } = await pool.query<{ workspace_id: Uuid; endpoint_id: Uuid }>({
    name: 'queue.strays',
    text: `
with stray as (
  select distinct on (q.workspace_id, q.endpoint_id, q.order_key) q.workspace_id, q.endpoint_id, q.id from queue q
  where q.order_key is not null and q.due_at = ${BLOCKED} and not exists (
    select from queue o
    where o.workspace_id = q.workspace_id and o.endpoint_id = q.endpoint_id and o.order_key = q.order_key
      and o.due_at < ${BLOCKED})
  order by q.workspace_id, q.endpoint_id, q.order_key, q.seq, q.id
),
freed as (
  update queue q set due_at = ${UNRANKED} from stray s
  where q.workspace_id = s.workspace_id and q.id = s.id and q.due_at = ${BLOCKED}
  returning q.workspace_id, q.endpoint_id
)
select distinct workspace_id, endpoint_id from freed`,
  });
  return rows.map((row) => [row.workspace_id, row.endpoint_id] as const);
}
