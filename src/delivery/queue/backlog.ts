import { Gauge, type Registry } from 'prom-client';
import { PER_DATABASE, reusedMeasurement } from '../../db/measurement.ts';
import type { Database } from '../../db/pool.ts';
import { BREAKER_STATE, BREAKER_STATES } from '../endpoint/breaker.ts';

/** What is queued in the database, over all workspaces. */
interface Backlog {
  queued: number;
  due: number;
  oldest_due_s: number;
  lanes: Record<string, number>;
  breakers: Record<string, number>;
  webhooks: Record<string, number>;
}

/** How many deliveries are counted per webhook at most: a million due ones take no longer to count than these. */
const MAX_COUNTED = 10_000;

/**
 * Uses the index of the queue, webhook by webhook, and reads no more of each than is counted. Its cost depends on the
 * number of webhooks, not on the backlog. States of a lane and of a webhook: states.md.
 */
const MEASURE = {
  name: 'backlog.measure',
  text: `
with behind as (
  select q.due, q.oldest
  from lane l
  join endpoint p on p.workspace_id = l.workspace_id and p.id = l.endpoint_id and p.state = 'active'
  cross join lateral (
    select count(*)::int as due, min(d.due_at) as oldest
    from (
      select due_at from queue
      where workspace_id = l.workspace_id and endpoint_id = l.endpoint_id and due_at <= now()
      order by due_at limit ${MAX_COUNTED}
    ) d
  ) q
  where l.due <= now() or l.not_before > now()
),
lanes as (
  select case when l.not_before > now() then 'resting'
              when l.token is not null and l.lease_until > now() then 'leased'
              when l.token is not null then 'orphaned'
              when l.due <= now() then 'due'
              else 'sleeping' end as state,
         ${BREAKER_STATE} as breaker
  from lane l
  join endpoint p on p.workspace_id = l.workspace_id and p.id = l.endpoint_id and p.state <> 'deleted'
)
select
  (select coalesce(sum(q.n), 0)::int from lane l cross join lateral (
     select count(*) as n from (
       select from queue where workspace_id = l.workspace_id and endpoint_id = l.endpoint_id limit ${MAX_COUNTED}
     ) w
   ) q) as queued,
  (select coalesce(sum(due), 0)::int from behind) as due,
  (select coalesce(extract(epoch from now() - min(oldest)), 0)::float from behind) as oldest_due_s,
  (select coalesce(json_object_agg(state, n), '{}')
   from (select state, count(*) as n from lanes group by state) s) as lanes,
  (select coalesce(json_object_agg(breaker, n), '{}')
   from (select breaker, count(*) as n from lanes group by breaker) s) as breakers,
  (select coalesce(json_object_agg(state, n), '{}')
   from (select state, count(*) as n from endpoint where state <> 'deleted' group by state) s) as webhooks`,
};

const LANE_STATES = ['sleeping', 'due', 'leased', 'orphaned', 'resting'];
const WEBHOOK_STATES = ['active', 'paused', 'disabled'];

/**
 * Adds the backlog to the metrics, measured when they are scraped. If the database cannot be reached these metrics
 * are NaN, and the others are still reported.
 */
export function watchBacklog(registry: Registry, db: Database): void {
  const measure = reusedMeasurement(async () => {
    const { rows } = await db.pool.query<Backlog>(MEASURE);
    return rows[0]!;
  });

  function gauge(name: string, help: string, read: (backlog: Backlog) => number): void {
    const made = new Gauge({
      name,
      help: `${help} ${PER_DATABASE}`,
      registers: [registry],
      async collect() {
        const backlog = await measure();
        made.set(backlog ? read(backlog) : NaN);
      },
    });
  }

  function byState(
    name: string,
    help: string,
    states: readonly string[],
    read: (backlog: Backlog) => Record<string, number>,
  ): void {
    const made = new Gauge({
      name,
      help: `${help} ${PER_DATABASE}`,
      labelNames: ['state'],
      registers: [registry],
      async collect() {
        const backlog = await measure();
        for (const state of states) made.set({ state }, backlog ? (read(backlog)[state] ?? 0) : NaN);
      },
    });
  }

  gauge(
    'fairlead_queue_deliveries',
    `Waiting deliveries, including held ones; at most ${MAX_COUNTED} are counted per webhook.`,
    (b) => b.queued,
  );
  gauge(
    'fairlead_deliveries_due',
    `Deliveries of active webhooks that are due now; at most ${MAX_COUNTED} are counted per webhook.`,
    (b) => b.due,
  );
  gauge(
    'fairlead_delivery_oldest_due_seconds',
    'How long the oldest due delivery has been due; 0 if none is.',
    (b) => b.oldest_due_s,
  );
  byState(
    'fairlead_lanes',
    'Lanes by state; a lane rests when its receiver asks for it.',
    LANE_STATES,
    (b) => b.lanes,
  );
  byState(
    'fairlead_breakers',
    'Webhooks by the state of their breaker: open while the lane rests, half_open until a probe succeeds.',
    BREAKER_STATES,
    (b) => b.breakers,
  );
  byState('fairlead_webhooks', 'Webhooks by state.', WEBHOOK_STATES, (b) => b.webhooks);
}
