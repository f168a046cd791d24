import type { Clock } from '../base/clock.ts';
import { isoTime } from '../base/clock.ts';
import type { Uuid } from '../base/id.ts';
import { AGAIN, flights } from '../db/flight.ts';
import type { Database, Queryable } from '../db/pool.ts';
import { isPlan, PLANS, termsOf, type Plan, type Window } from './plan.ts';

/** How a request stands in one window of its plan. */
export interface Standing {
  scope: Window['scope'];
  /** Seconds. */
  spanS: number;
  limit: number;
  remaining: number;
  /** When the oldest request counted leaves the window, in seconds since 1970. */
  resetS: number;
}

/** What a plan's windows say to one request. */
export interface Quota {
  /** False where a window is full: the request was not counted. */
  granted: boolean;
  /** The window with least remaining first; empty where the plan has none. */
  standings: readonly Standing[];
  /** The store's clock, in seconds since 1970. */
  nowS: number;
}

/** A key as the store has it now; it may be revoked or expired, and is then not counted. */
export interface KeyNow {
  workspace_id: string;
  workspace_name: string;
  plan: string;
  id: string;
  name: string;
  scopes: string[];
  expires_at: string | null;
  revoked_at: string | null;
}

export interface Counter {
  /** Counts one request of a key whose secret was verified before; null where the key is gone. */
  count(key: { workspaceId: Uuid; id: Uuid }): Promise<{ key: KeyNow; quota: Quota } | null>;
}

const WINDOWS = (Object.keys(PLANS) as Plan[]).flatMap((plan) =>
  termsOf(plan).windows.map((window) => ({ plan, ...window })),
);

/**
 * Reads keys and counts their requests in the windows of their plans, as one. $1–$3: workspaces, keys, how many
 * requests of each; $4: the time for expiries; $5–$9: the windows of all plans.
 *
 * The rows of `quota` are locked in the order of their key, then the clock is read: so whoever waited for another
 * process counts with what that one wrote, and no later than it. A slice counts until all of it has left the
 * window: never one request too many. A slice from the future (the clock was set back) counts as if it were now.
 * What finds no row of its own is granted nothing, and tried again once the row is there.
 */
const COUNT = {
  name: 'quota.count',
  text: `
with asked as (
  select a.i, a.n, k.workspace_id, w.name as workspace_name, w.plan, k.id, k.name, k.scopes,
         k.expires_at, k.revoked_at
  from unnest($1::uuid[], $2::uuid[], $3::int[]) with ordinality as a(workspace_id, id, n, i)
  join api_key k on k.workspace_id = a.workspace_id and k.id = a.id
  join workspace w on w.id = k.workspace_id
),
wanted as (
  select a.i, a.n, a.workspace_id, case p.scope when 'key' then a.id else a.workspace_id end as subject,
         p.scope, p.span_s, p.bucket_s, p.max
  from asked a
  join unnest($5::text[], $6::text[], $7::int[], $8::int[], $9::int[]) as p(plan, scope, span_s, bucket_s, max)
    on p.plan = a.plan
  where a.revoked_at is null and (a.expires_at is null or a.expires_at > $4::timestamptz)
),
subjects as (select distinct workspace_id, subject, span_s, bucket_s, max from wanted),
held as (
  select q.workspace_id, q.subject, q.span_s, s.bucket_s, s.max, q.starts, q.taken
  from quota q join subjects s using (workspace_id, subject, span_s)
  order by q.workspace_id, q.subject, q.span_s
  for update of q
),
present as materialized (
  select count(*) as rows, floor(extract(epoch from clock_timestamp()))::bigint as now_s from held
),
slices as (
  select h.workspace_id, h.subject, h.span_s, h.bucket_s, h.max,
         least(b.start, p.now_s - p.now_s % h.bucket_s) as start, coalesce(b.taken, 0) as taken
  from held h cross join present p
  left join lateral unnest(h.starts, h.taken) as b(start, taken) on b.start + h.bucket_s > p.now_s - h.span_s
),
rooms as (
  select workspace_id, subject, span_s, max - sum(taken) as room, min(start) + min(bucket_s) + span_s as reset_s
  from slices group by workspace_id, subject, span_s, max
),
grants as (
  select i, min(granted)::int as granted
  from (
    select w.i, greatest(0, least(w.n,
      coalesce(r.room, 0) - sum(w.n) over (partition by w.workspace_id, w.subject, w.span_s order by w.i) + w.n)) as granted
    from wanted w left join rooms r using (workspace_id, subject, span_s)
  ) each_window
  group by i
),
spent as (
  select w.workspace_id, w.subject, w.span_s, min(w.bucket_s) as bucket_s, sum(g.granted)::int as granted
  from wanted w join grants g using (i)
  group by w.workspace_id, w.subject, w.span_s
  having sum(g.granted) > 0
),
written as (
  update quota q set starts = t.starts, taken = t.taken
  from (
    select workspace_id, subject, span_s, array_agg(start order by start) as starts, array_agg(taken order by start) as taken
    from (
      select workspace_id, subject, span_s, start, sum(taken)::int as taken
      from (
        select s.workspace_id, s.subject, s.span_s, s.start, s.taken
        from slices s join spent using (workspace_id, subject, span_s)
        union all
        select s.workspace_id, s.subject, s.span_s, p.now_s - p.now_s % s.bucket_s, s.granted
        from spent s cross join present p
      ) both_kinds
      group by workspace_id, subject, span_s, start having sum(taken) > 0
    ) whole
    group by workspace_id, subject, span_s
  ) t
  where q.workspace_id = t.workspace_id and q.subject = t.subject and q.span_s = t.span_s
)
select a.workspace_id, a.workspace_name, a.plan, a.id, a.name, a.scopes, a.expires_at, a.revoked_at,
       coalesce(g.granted, 0) as granted, p.now_s, coalesce(s.standings, '[]') as standings
from asked a cross join present p
left join grants g on g.i = a.i
left join lateral (
  select json_agg(json_build_object(
    'scope', w.scope, 'span_s', w.span_s, 'max', w.max,
    'left', r.room - coalesce(t.granted, 0), 'reset_s', r.reset_s)) as standings
  from wanted w
  left join rooms r using (workspace_id, subject, span_s)
  left join spent t using (workspace_id, subject, span_s)
  where w.i = a.i
) s on true`,
};

interface CountedRow extends KeyNow {
  granted: number;
  now_s: number;
  /** `left` is null where there is no row for the window yet. */
  standings: {
    scope: Window['scope'];
    span_s: number;
    max: number;
    left: number | null;
    reset_s: number | null;
  }[];
}

const MAKE_ROWS = {
  name: 'quota.make',
  text: `
insert into quota (workspace_id, subject, span_s)
select distinct * from unnest($1::uuid[], $2::uuid[], $3::int[]) as s(workspace_id, subject, span_s)
order by workspace_id, subject, span_s
on conflict do nothing`,
};

interface Item {
  workspaceId: Uuid;
  id: Uuid;
}

/** Requests that arrive together are counted together, each key once, in the order in which they came. */
export function makeCounter(db: Database, clock: Clock): Counter {
  const counts = flights<Item, { key: KeyNow; quota: Quota } | null>(db, {
    groupOf: ({ workspaceId }) => workspaceId,
    maxWeight: 1000,
    run,
  });

  async function run(on: Queryable, items: Item[]) {
    const keys = new Map<Uuid, { workspaceId: Uuid; asked: number; told: number }>();
    for (const { workspaceId, id } of items) {
      const key = keys.get(id);
      if (key) key.asked += 1;
      else keys.set(id, { workspaceId, asked: 1, told: 0 });
    }
    const { rows } = await on.query<CountedRow>({
      ...COUNT,
      values: [
        [...keys.values()].map(({ workspaceId }) => workspaceId),
        [...keys.keys()],
        [...keys.values()].map(({ asked }) => asked),
        isoTime(clock.now()),
        WINDOWS.map(({ plan }) => plan),
        WINDOWS.map(({ scope }) => scope),
        WINDOWS.map(({ spanS }) => spanS),
        WINDOWS.map(({ bucketS }) => bucketS),
        WINDOWS.map(({ max }) => max),
      ],
    });
    const byId = new Map(rows.map((row) => [row.id, row]));
    const without = rows.filter((row) => row.standings.some(({ left }) => left === null));
    if (without.length > 0) await makeRows(on, without);
    return items.map(({ id }) => {
      const row = byId.get(id);
      if (!row) return null;
      if (without.includes(row)) return AGAIN;
      return { key: row, quota: quotaOf(row, keys.get(id)!.told++) };
    });
  }

  return { count: (key) => counts.add(key) };
}

/** @param told how many requests of this key, of those counted together, came before this one */
function quotaOf(row: CountedRow, told: number): Quota {
  const granted = row.standings.length === 0 || told < row.granted;
  // Of those counted together each is told what was left after it, not after the last of them.
  const after = granted ? row.granted - 1 - told : 0;
  const standings = row.standings
    .map(({ scope, span_s: spanS, max, left, reset_s: resetS }) => ({
      scope,
      spanS,
      limit: max,
      remaining: left! + after,
      resetS: resetS!,
    }))
    .sort((a, b) => a.remaining - b.remaining);
  return { granted, standings, nowS: row.now_s };
}

async function makeRows(on: Queryable, rows: CountedRow[]): Promise<void> {
  const wanted = rows.flatMap((row) =>
    row.standings.map(({ scope, span_s: spanS }) => ({
      workspaceId: row.workspace_id,
      subject: scope === 'key' ? row.id : row.workspace_id,
      spanS,
    })),
  );
  await on.query({
    ...MAKE_ROWS,
    values: [
      wanted.map(({ workspaceId }) => workspaceId),
      wanted.map(({ subject }) => subject),
      wanted.map(({ spanS }) => spanS),
    ],
  });
}

/** Whether requests under this plan have to be counted. */
export function isCounted(plan: string): boolean {
  return isPlan(plan) && PLANS[plan].windows.length > 0;
}
