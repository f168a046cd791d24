import { coalesce } from '../base/coalesce.ts';
import type { Uuid } from '../base/id.ts';
import { failureKind } from '../db/failure.ts';
import type { Database, Statement } from '../db/pool.ts';
import { BLOCKED, PROMOTE, DEMOTE } from './record-order.ts';
import { UNRANKED } from '../events/outbox.ts';
import type { Carried } from './rate.ts';

/** Tries for a lane statement that others are in the way of. */
const TRIES = 10;

/** How long a worker holds a lane before it must renew, in milliseconds. */
export const LEASE_MS = 15_000;

/** A lane as its new holder gets it. */
export interface Claimed {
  workspace_id: Uuid;
  endpoint_id: Uuid;
  token: Uuid;
  /** Holders in a row that took it over from one that never released it. */
  takeovers: number;
  /** The delivery that was alone in flight when the last holder vanished. */
  suspect: Uuid | null;
  suspect_crashes: number;
  slow_streak: number;
  /** Failed attempts in a row, where the webhook has them counted. */
  failures: number;
  /** Requests that the last holder had begun, and how long they go on counting, in ms. */
  rate_used: number;
  rate_for_ms: number;
}

/** A queue row with its event, ready to be made into a request. */
export interface DueDelivery {
  id: Uuid;
  event_id: Uuid;
  event_type: string;
  kind: 'event' | 'resend' | 'test';
  /** The record whose events its webhook wants one after the other; null where it does not. */
  order_key: Uuid | null;
  attempt: number;
  bytes: number;
  due_at: string;
  /** How long it had been due when it was read, in seconds. */
  lag_s: number;
  expired: boolean;
  object_type: string | null;
  object_id: Uuid | null;
  occurred_at: string | null;
  /** The record as JSON text; null where the event is gone. */
  data: string | null;
  /** What the event tells beside it, as JSON text; null for most. */
  context: string | null;
}

/** What a read of a lane brings: whether it is still ours, how it stands, and what is due after the cursor. */
export interface LaneRead {
  held: boolean;
  wake: number;
  endpointVersion: number;
  /** Whether there are rows without a place (record-order.ts). */
  unplaced: boolean;
  due: DueDelivery[];
  /** Where nothing is due: in how many ms the first is that will be; null where none will. */
  nextInMs: number | null;
}

export interface ReadRequest {
  workspaceId: Uuid;
  endpointId: Uuid;
  token: Uuid;
  /** Rows after this place in (due_at, id); `-infinity` for the beginning. */
  afterDue: string;
  afterId: Uuid;
  maxRows: number;
  maxBytes: number;
}

const NO_ID = '00000000-0000-0000-0000-000000000000';
export const QUEUE_START = { afterDue: '-infinity', afterId: NO_ID };

/**
 * Takes due lanes that nobody holds, longest due first. Candidates are found by a plain read; locking checks
 * the same condition again on the row as it then is, and passes by what another worker is taking. now(), not
 * clock_timestamp(): only a stable function can bound an index scan (0.5 ms instead of 14 over 101,000
 * sleeping lanes). Every statement here that takes several lanes locks them in key order, as wake.ts does.
 * $1 how many, $2 a token, $3 the lease in ms, $4 the workspace, or null for any
 */
const CLAIM = {
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

/** The lanes of a list that are still held under its tokens, locked in key order. */
const STILL_HELD = `
held as (
  select l.workspace_id, l.endpoint_id, h.token, h.wake
  from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[]) as h(workspace_id, endpoint_id, token, wake)
  join lane l on l.workspace_id = h.workspace_id and l.endpoint_id = h.endpoint_id and l.token = h.token
  order by l.workspace_id, l.endpoint_id for update of l
)`;

/**
 * In how many ms the first of the sleeping lanes is due, where that is soon: a worker sets its timer by it. $1 how soon,
 * in ms
 */
const NEXT_DUE = {
  name: 'lane.next-due',
  text: `
select extract(epoch from due - clock_timestamp())::float8 * 1000 as ms from lane
where due > now() and due <= now() + $1 * interval '1 ms' order by due limit 1`,
};

/** Holds on to lanes for another lease. Returns those that are still ours. $5 the lease in ms */
const RENEW = {
  name: 'lane.renew',
  text: `
with ${STILL_HELD}
update lane l set lease_until = clock_timestamp() + $5 * interval '1 ms'
from held h where l.workspace_id = h.workspace_id and l.endpoint_id = h.endpoint_id and l.token = h.token
returning h.endpoint_id, h.token`,
};

/**
 * Lets go of lanes, each only where token and wake are as seen with the read that found nothing: a
 * publisher that committed since has raised wake. The lane is next due when the first of its queue is;
 * of a webhook that is not active only tests count, of a deleted one nothing. A row without a place is due. The time is
 * rounded up to the column's milliseconds, as who claims it must find the row due.
 */
const RELEASE = {
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
 * Reads what is due on several lanes at once, in the order in which it became due, from each at most so
 * many rows and bytes (the first row always). wake comes from the same snapshot as the rows. The event is
 * looked up by key behind OFFSET 0, so that no plan ever joins the whole log.
 */
const READ = {
  name: 'lane.read',
  text: `
select r.n, l.token = r.token as held, l.wake, p.version as endpoint_version, u.unplaced,
       q.id, q.event_id, q.event_type, q.kind, q.order_key, q.attempt, q.bytes, q.due_at::text as due_at,
       date_part('epoch', clock_timestamp() - q.due_at) as lag_s,
       q.expires_at <= clock_timestamp() as expired,
       case when q.id is null and p.state = 'active' then (
         select extract(epoch from f.due_at - clock_timestamp())::float8 * 1000 from queue f
         where f.workspace_id = r.workspace_id and f.endpoint_id = r.endpoint_id and f.due_at > now()
           and f.due_at < ${BLOCKED}
         order by f.due_at limit 1
       ) end as next_in_ms,
       e.object_type, e.object_id, e.occurred_at, e.data, e.context
from unnest($1::int[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::uuid[], $7::int[], $8::int[])
  as r(n, workspace_id, endpoint_id, token, after_due, after_id, max_rows, max_bytes)
join lane l on l.workspace_id = r.workspace_id and l.endpoint_id = r.endpoint_id
join endpoint p on p.workspace_id = r.workspace_id and p.id = r.endpoint_id
cross join lateral (
  select p.state = 'active' and exists (
    select from queue u
    where u.workspace_id = r.workspace_id and u.endpoint_id = r.endpoint_id and u.due_at = ${UNRANKED}
  ) as unplaced offset 0
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
left join lateral (
  select e.object_type, e.object_id, e.occurred_at, e.data::text as data, e.context::text as context from event e
  where e.workspace_id = q.workspace_id and e.id = q.event_id offset 0
) e on true
order by r.n, q.due_at, q.id`,
};

/** Notes which delivery is about to be sent alone; null once it is settled. */
const SUSPECT = {
  name: 'lane.suspect',
  text: `
update lane set suspect_crashes = case when suspect = $4 then suspect_crashes else 0 end, suspect = $4
where workspace_id = $1 and endpoint_id = $2 and token = $3 returning 1`,
};

/** Counts a crash against the suspect, when its lane is taken over. Returns the count. */
const IMPLICATE = {
  name: 'lane.implicate',
  text: `
update lane set suspect_crashes = suspect_crashes + 1
where workspace_id = $1 and endpoint_id = $2 and token = $3 and suspect is not null returning suspect_crashes`,
};

/** Takes a takeover back: its former holder lives, so it was a stall or an outage and no crash. */
const FORGIVE = {
  name: 'lane.forgive',
  text: `
update lane set takeovers = greatest(0, takeovers - 1), suspect_crashes = greatest(0, suspect_crashes - 1)
where workspace_id = $1 and endpoint_id = $2 and token is distinct from $3`,
};

/** Keeps how far the webhook's rate is used up, for the next holder. $4 requests, $5 for how long, in ms */
const CARRY = {
  name: 'lane.carry',
  text: `
update lane set rate_used = $4, rate_until = clock_timestamp() + $5 * interval '1 ms'
where workspace_id = $1 and endpoint_id = $2 and token = $3`,
};

/** Lets the whole lane rest: its receiver asked for it, or the rate is used up. $4 for how long, in ms */
const REST = {
  name: 'lane.rest',
  text: `
update lane set not_before = greatest(not_before, clock_timestamp() + $4 * interval '1 ms'), slow_streak = $5
where workspace_id = $1 and endpoint_id = $2 and token = $3`,
};

export interface Held {
  workspaceId: Uuid;
  endpointId: Uuid;
  token: Uuid;
}

/** The statements of the lane protocol (delivery/states.md, delivery/lane.pml), gathered over lanes. */
export interface Lanes {
  claim(max: number, token: Uuid, workspaceId: Uuid | null): Promise<Claimed[]>;
  /** Whether the lane is still ours, for another `LEASE_MS`. */
  renew(lane: Held): Promise<boolean>;
  /**
   * Lets it go, and returns in how many ms it is due again, null for never; undefined where it was woken meanwhile, or is
   * no longer ours, and nothing was done.
   */
  release(lane: Held, wake: number): Promise<number | null | undefined>;
  /** In how many ms the first of the sleeping lanes is due; null where none is within so many. */
  nextDue(withinMs: number): Promise<number | null>;
  read(request: ReadRequest): Promise<LaneRead>;
  /** Whether the lane is still ours. */
  suspect(lane: Held, deliveryId: Uuid | null): Promise<boolean>;
  markSuspect(lane: Held): Promise<number>;
  clearCrash(lane: Held): Promise<void>;
  rest(lane: Held, forMs: number, slowStreak: number): Promise<void>;
  carry(lane: Held, carried: Carried): Promise<void>;
  /**
   * Gives rows their place in the order of their records, and looks at these records again (record-order.ts).
   * @returns how many became due, and whether there are more without a place
   */
  promote(lane: Held, records: readonly Uuid[]): Promise<{ due: number; more: boolean }>;
  demote(lane: Held): Promise<void>;
}

interface LaneRow {
  endpoint_id: Uuid;
  token: Uuid;
  /** Of a release. */
  due_in_ms?: number | null;
}

type ReadRow = DueDelivery & {
  n: number;
  held: boolean;
  wake: number;
  endpoint_version: number;
  unplaced: boolean;
  next_in_ms: number | null;
  id: Uuid | null;
};

export function makeLanes(db: Database): Lanes {
  const gathered = { groupOf: () => '', slots: 1, maxWeight: 200, maxWaiting: 1_000_000 };

  const renewals = coalesce<Held, boolean>({
    ...gathered,
    async run(lanes) {
      const wakes = lanes.map(() => 0);
      const ours = await stillOurs(RENEW, lanes, wakes, LEASE_MS);
      return ours.map((item) => item !== undefined);
    },
  });

  const releases = coalesce<{ lane: Held; wake: number }, number | null | undefined>({
    ...gathered,
    async run(lets) {
      const lanes = lets.map(({ lane }) => lane);
      const wakes = lets.map(({ wake }) => wake);
      const ours = await stillOurs(RELEASE, lanes, wakes);
      return ours.map((item) => item && (item.due_in_ms ?? null));
    },
  });

  const reads = coalesce<ReadRequest, LaneRead>({
    ...gathered,
    slots: 2,
    groupOf: (request) => request.endpointId,
    run: readMany,
  });

  /** The rows of the lanes that the statement took effect on, found by token: an endpoint may be held anew by now. */
  async function stillOurs(
    statement: Statement,
    lanes: Held[],
    wakes: number[],
    ...more: unknown[]
  ): Promise<(LaneRow | undefined)[]> {
    const values = [
      lanes.map((l) => l.workspaceId),
      lanes.map((l) => l.endpointId),
      lanes.map((l) => l.token),
      wakes,
      ...more,
    ];
    const rows = await run<LaneRow>(statement, values);
    const ours = new Map(rows.map((row) => [row.endpoint_id + row.token, row]));
    return lanes.map((lane) => ours.get(lane.endpointId + lane.token));
  }

  /** Lane statements are short, and safe to send again after a deadlock or a lock held for long. */
  async function run<Row>(statement: Statement, values: unknown[]): Promise<Row[]> {
    for (let tried = 1; ; tried++) {
      try {
        return (await db.pool.query({ ...statement, values })).rows as Row[];
      } catch (error) {
        const kind = failureKind(error);
        if (tried === TRIES || (kind !== 'conflict' && kind !== 'locked')) throw error;
      }
    }
  }

  async function readMany(requests: ReadRequest[]): Promise<LaneRead[]> {
    const column = <K extends keyof ReadRequest>(key: K) => requests.map((request) => request[key]);
    const rows = await run<ReadRow>(READ, [
      requests.map((_, n) => n),
      column('workspaceId'),
      column('endpointId'),
      column('token'),
      column('afterDue'),
      column('afterId'),
      column('maxRows'),
      column('maxBytes'),
    ]);
    const results = requests.map((): LaneRead => ({
      held: false,
      wake: 0,
      endpointVersion: 0,
      unplaced: false,
      due: [],
      nextInMs: null,
    }));
    for (const row of rows) {
      const result = results[row.n]!;
      result.held = row.held;
      result.wake = row.wake;
      result.endpointVersion = row.endpoint_version;
      result.unplaced = row.unplaced;
      result.nextInMs = row.next_in_ms;
      if (row.id !== null) result.due.push(row);
    }
    return results;
  }

  return {
    claim: (max, token, workspaceId) => run<Claimed>(CLAIM, [max, token, LEASE_MS, workspaceId]),
    renew: (lane) => renewals.add(lane),
    release: (lane, wake) => releases.add({ lane, wake }),
    read: (request) => reads.add(request),
    async nextDue(withinMs) {
      const [next] = await run<{ ms: number }>(NEXT_DUE, [withinMs]);
      return next?.ms ?? null;
    },

    async suspect(lane, deliveryId) {
      const rows = await run(SUSPECT, [...keyOf(lane), deliveryId]);
      return rows.length > 0;
    },
    async markSuspect(lane) {
      const rows = await run<{ suspect_crashes: number }>(IMPLICATE, keyOf(lane));
      return rows[0]?.suspect_crashes ?? 0;
    },
    async clearCrash(lane) {
      await run(FORGIVE, keyOf(lane));
    },
    async rest(lane, forMs, slowStreak) {
      await run(REST, [...keyOf(lane), forMs, slowStreak]);
    },
    async carry(lane, { used, forMs }) {
      await run(CARRY, [...keyOf(lane), used, forMs]);
    },
    async promote(lane, records) {
      const [placed] = await run<{ due: number; more: boolean }>(PROMOTE, [...keyOf(lane), records]);
      return placed!;
    },
    async demote(lane) {
      await run(DEMOTE, keyOf(lane));
    },
  };
}

function keyOf(lane: Held): [Uuid, Uuid, Uuid] {
  return [lane.workspaceId, lane.endpointId, lane.token];
}
