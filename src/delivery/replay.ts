import { sql, type RawBuilder, type Transaction } from 'kysely';
import type { Uuid } from '../base/id.ts';
import type { Schema } from '../db/schema.ts';
import { filterKeepsOut, filterLook } from './filter-sql.ts';
import { LONGEST_WAIT, orderedId, UNPLACED } from './publish.ts';
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
  /** The last event queued, null where there was none; and whether there are more after it. */
  last: Uuid | null;
  more: boolean;
}

/** Events queued at most by one call. */
const MOST = 10_000;

/** What the log `l` has to say about an event that is wanted again. */
const WANTED = {
  failed: sql`l.delivered = false`,
  missed: sql`l.event_id is null`,
  all: sql`true`,
  undelivered: sql`l.delivered is not true`,
};

/**
 * Queues events again for a webhook, in one statement and in the feed's order, but for those that wait in its queue
 * as it is. An event that was missed, as no delivery of it was ever made, has to pass the filter as it is now.
 * @returns null where the webhook is not active
 */
export async function replay(trx: Transaction<Schema>, which: Replay): Promise<Replayed | null> {
  const { workspaceId, endpointId, sinceId } = which;
  // Two replays at once would both find the same; the second looks when the first has committed.
  const { rows: active } = await sql`
    select from endpoint where workspace_id = ${workspaceId} and id = ${endpointId} and state = 'active'
    for no key update`.execute(trx);
  if (active.length === 0) return null;
  await keepEvents(trx, workspaceId);
  const { rows } = await sql<Replayed>`
    with log as materialized (
      select event_id, bool_or(state = 'delivered') as delivered from attempt
      where workspace_id = ${workspaceId} and endpoint_id = ${endpointId} and delivery_id >= ${sinceId}
        and state is not null and kind <> 'test'
      group by event_id
    ),
    found as materialized (
      select e.*, row_number() over (order by e.seq) as n,
             case when p.ordering = 'record' then e.object_id end as order_key
      from event e
      join endpoint p on p.workspace_id = e.workspace_id and p.id = ${endpointId}
      left join log l on l.event_id = e.id
      where e.workspace_id = ${workspaceId} and e.id >= ${sinceId} and e.occurred_at >= ${which.since}
        and (${which.until}::timestamptz is null or e.occurred_at < ${which.until})
        and e.seq > ${which.after} and e.type = any(${which.types})
        and ${WANTED[which.only ?? 'undelivered']}
        and (l.event_id is not null or p.filter_path is null or not exists (
          select from (select ${sql.raw(filterLook('e.data', 'octet_length(e.data::text)'))} as look offset 0) v
          where ${sql.raw(filterKeepsOut('v.look'))}))
        and not exists (select from queue q
          where q.workspace_id = e.workspace_id and q.endpoint_id = p.id and q.event_id = e.id and q.kind <> 'test')
      order by e.seq limit ${MOST + 1}
    )
    ${which.dryRun ? sql`` : queued(which)}
    select least(count(*), ${MOST})::int as queued, count(*) > ${MOST} as more,
           (select id from found where n <= ${MOST} order by n desc limit 1) as last
    from found`.execute(trx);
  return rows[0]!;
}

/** Puts what was found into the queue. */
function queued({ endpointId, now }: Replay): RawBuilder<unknown> {
  return sql`,
    queued as (
      insert into queue
        (workspace_id, endpoint_id, id, event_id, event_type, kind, order_key, seq, bytes, due_at, created_at, expires_at)
      select workspace_id, ${endpointId}, ${sql.raw(orderedId(String(now), 'n'))}, id, type, 'resend', order_key,
             seq, octet_length(data::text),
             case when order_key is null then date_trunc('milliseconds', now()) else ${sql.raw(UNPLACED)} end,
             now(), now() + ${sql.raw(LONGEST_WAIT)}
      from found where n <= ${MOST}
    )`;
}
