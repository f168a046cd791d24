import type pg from 'pg';
import type { Uuid } from '../../base/id.ts';
import { UNRANKED } from '../../events/outbox.ts';
import type { LaneKey } from '../../events/outbox.ts';
import type { Transaction } from '../../db/query.ts';

/**
 * Lanes that sleep although they have a due or unranked row: the publisher died between its commit and the wake. Runs
 * at the start and every ten seconds; the lanes it finds are woken as usual.
 */
export async function findOverdue(pool: pg.Pool): Promise<LaneKey[]> {
  const { rows } = await pool.query<{ workspace_id: string; endpoint_id: string }>({
    name: 'lane.overdue',
    text: `
select l.workspace_id, l.endpoint_id from lane l
join endpoint p on p.workspace_id = l.workspace_id and p.id = l.endpoint_id
where l.due > now() and l.not_before <= now() and p.state <> 'deleted'
  and exists (
    select from queue q
    where q.workspace_id = l.workspace_id and q.endpoint_id = l.endpoint_id and q.due_at <= now()
      and (p.state = 'active' or q.kind = 'test')
    union all
    select from queue q
    where q.workspace_id = l.workspace_id and q.endpoint_id = l.endpoint_id and q.due_at = ${UNRANKED}
      and p.state = 'active')
order by l.workspace_id, l.endpoint_id limit 10000`,
  });
  return rows.map((row) => [row.workspace_id, row.endpoint_id] as const);
}

/**
 * Settles what has waited too long as `expired` (mostly the held queue of a paused webhook), and what was queued for
 * a webhook while it was being deleted as `dropped`. Works in batches, so that no statement grows with the backlog.
 * @returns how many were settled
 */
export async function settleOverdue(pool: pg.Pool): Promise<number> {
  let settled = 0;
  for (;;) {
    const { rowCount } = await pool.query({
      name: 'queue.overdue',
      text: `
with overdue as (
  (select q.workspace_id, q.id, false as dropped from queue q
   join endpoint p on p.workspace_id = q.workspace_id and p.id = q.endpoint_id and p.state <> 'deleted'
   where q.expires_at <= now() limit 1000)
  union all
  (select q.workspace_id, q.id, true from endpoint p
   join queue q on q.workspace_id = p.workspace_id and q.endpoint_id = p.id
   where p.state = 'deleted' limit 1000)
),
gone as (
  delete from queue q using overdue o where q.workspace_id = o.workspace_id and q.id = o.id
  returning q.*, o.dropped
)
${logged('clock_timestamp()')}`,
    });
    settled += rowCount ?? 0;
    if ((rowCount ?? 0) < 1000) return settled;
  }
}

/** Removes what is queued for a webhook that is being deleted; each delivery is logged as dropped. */
export async function dropQueued(
  trx: Transaction,
  workspaceId: Uuid,
  endpointId: Uuid,
  at: string,
): Promise<void> {
  await trx.query({
    name: 'queue.drop',
    text: `
with gone as (
  delete from queue where workspace_id = $1 and endpoint_id = $2
  returning *, true as dropped
)
${logged('$3::timestamptz')}`,
    values: [workspaceId, endpointId, at],
  });
}

/** Logs rows that left the queue unsent: `gone`, queue rows with a column `dropped`. */
function logged(at: string): string {
  return `
insert into attempt
  (workspace_id, id, endpoint_id, delivery_id, event_id, event_type, kind, number, at, duration_ms, failure, detail, state)
select workspace_id, ${LOGGED_ID}, endpoint_id, id, event_id, event_type, kind, attempt, ${at}, 0,
       case when dropped then 'webhook_deleted' else 'expired' end,
       case when dropped then 'The webhook was deleted before this could be delivered.'
            else 'It was not delivered within 30 days.' end,
       case when dropped then 'dropped' else 'expired' end
from gone`;
}

/** A UUIDv7 for a log row that a statement creates: the current milliseconds, then randomness. */
const LOGGED_ID = `(lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0')
  || '7' || substr(md5(gen_random_uuid()::text), 1, 3) || '8' || substr(md5(gen_random_uuid()::text), 1, 15))::uuid`;
