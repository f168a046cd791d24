import type { Clock } from '../base/clock.ts';
import { isoTime } from '../base/clock.ts';
import type { Uuid } from '../base/id.ts';
import { RETRY } from '../db/batch-runner.ts';
import { makeBatchWriter } from '../db/batch-writer.ts';
import type { Database } from '../db/pool.ts';
import type { Queryable } from '../db/query.ts';
import type { AgentLimits } from './agent-limits.ts';
import { isPlan, PLANS, termsOf, type Plan, type Window } from './plan.ts';
import type { Role } from './role.ts';

/** The state of one window of the plan after a request. */
export interface WindowState {
  scope: Window['scope'];
  /** Length in seconds. */
  spanS: number;
  limit: number;
  remaining: number;
  /** When the oldest counted request leaves the window, in seconds since 1970. */
  resetS: number;
}

/** The state of all windows of the plan after a request. */
export interface Quota {
  /** False if a window is full: the request was not counted. */
  granted: boolean;
  /** The window with the least remaining requests first; empty if the plan has none. */
  windows: readonly WindowState[];
  /** The database's clock, in seconds since 1970. */
  nowS: number;
}

/** The current state of a key; requests of a revoked or expired key are not counted. */
export interface KeyNow {
  workspace_id: string;
  workspace_name: string;
  plan: string;
  id: string;
  name: string;
  scopes: string[];
  expires_at: string | null;
  revoked_at: string | null;
  /** The member who created it and their current role: null if there is none, or they have left. */
  maker_id: string | null;
  role: Role | null;
  /** The limits of an agent's key; null for other keys. */
  agent: AgentLimits | null;
}

export interface Counter {
  /** Counts one request of a key whose secret was verified before; null if the key no longer exists. */
  count(key: { workspaceId: Uuid; id: Uuid }): Promise<{ key: KeyNow; quota: Quota } | null>;
  /** The same without counting one. */
  read(key: { workspaceId: Uuid; id: Uuid }): Promise<{ key: KeyNow; quota: Quota } | null>;
}

const WINDOWS = (Object.keys(PLANS) as Plan[]).flatMap((plan) =>
  termsOf(plan).windows.map((window) => ({ plan, ...window })),
);

/**
 * SQL for a lateral table `c(slice, starts, taken, total)`: the current slice, and the slices that have not left the window.
 * The slices are in order, so those that left it are found by binary search.
 * @param row a locked row of `quota`, with the `bucket_s` of its window
 * @param nowS SQL for the time, in seconds since 1970
 */
export function liveSlices(row: string, nowS: string): string {
  return `
  cross join lateral (
    select ${nowS} - ${nowS} % ${row}.bucket_s as slice,
           width_bucket(${nowS} - ${row}.span_s - ${row}.bucket_s, ${row}.starts) as gone
    offset 0
  ) s
  cross join lateral (
    select s.slice,
           case when ${row}.starts[cardinality(${row}.starts)] > s.slice
             then array(select least(b.start, s.slice) from unnest(${row}.starts[s.gone + 1:]) with ordinality as b(start, i) order by b.i)
             else ${row}.starts[s.gone + 1:] end as starts,
           ${row}.taken[s.gone + 1:] as taken,
           (select coalesce(sum(b.taken), 0)::int from unnest(${row}.taken[s.gone + 1:]) as b(taken)) as total
    offset 0
  ) c`;
}

/**
 * SQL that sets the slices of a row of `quota`, with further requests in the current one.
 * @param row of `liveSlices`
 * @param granted SQL for the number of requests
 */
export function addToSlice(row: string, granted: string): string {
  const isCurrent = `${row}.starts[cardinality(${row}.starts)] = ${row}.slice`;
  return `
  starts = case when ${isCurrent} then ${row}.starts else ${row}.starts || ${row}.slice end,
  taken = case when ${isCurrent}
    then ${row}.taken[:cardinality(${row}.taken) - 1] || ${row}.taken[cardinality(${row}.taken)] + ${granted}
    else ${row}.taken || ${granted} end`;
}

/**
 * Reads keys and counts their requests in the windows of their plans, in one statement. $1–$3: workspaces, keys,
 * number of requests of each; $4: the time for expiries; $5–$9: the windows of all plans. Returns a row for each
 * key (`i`, from 1) and window, in order; one row without a window for a key that has none or is invalid.
 *
 * The rows of `quota` are locked in key order before the clock is read: so a process that waited for another
 * counts with what that one wrote, and at a later time. A slice counts until it has left the window completely:
 * never one request too many. A slice from the future (the clock was set back) counts as if it were now. If a row
 * is missing (`whole` is false), nothing is granted.
 *
 * Subjects are numbered (`s`) in key order, so that intermediate results are arrays to look up: joins of many
 * short lists would be nested loops.
 */
const COUNT = {
  name: 'quota.count',
  text: `
with requested as (
  select a.i, a.n, k.*
  from unnest($1::uuid[], $2::uuid[], $3::int[]) with ordinality as a(workspace_id, id, n, i)
  left join lateral (
    select k.workspace_id, w.name as workspace_name, w.plan, k.id, k.name, k.scopes, k.expires_at, k.revoked_at,
           k.agent, k.maker_id, (select m.role from member m where m.workspace_id = k.workspace_id and m.user_id = k.maker_id) as role,
           k.revoked_at is null and (k.expires_at is null or k.expires_at > $4::timestamptz) as good
    from api_key k join workspace w on w.id = k.workspace_id
    where k.workspace_id = a.workspace_id and k.id = a.id
    offset 0
  ) k on true
),
wanted as (
  select a.*, p.subject, p.scope, p.span_s, p.bucket_s, p.max,
         case when p.span_s is not null then
           dense_rank() over (order by p.span_s is null, a.workspace_id, p.subject, p.span_s) end as s
  from requested a
  left join lateral (
    select case p.scope when 'key' then a.id else a.workspace_id end as subject, p.scope, p.span_s, p.bucket_s, p.max
    from unnest($5::text[], $6::text[], $7::int[], $8::int[], $9::int[]) as p(plan, scope, span_s, bucket_s, max)
    where a.good and p.plan = a.plan
  ) p on true
),
subjects as (
  select distinct on (s) s, workspace_id, subject, span_s, bucket_s, max from wanted where s is not null order by s
),
held as (
  select s.s, s.bucket_s, s.max, q.*
  from subjects s join quota q using (workspace_id, subject, span_s)
  order by s.s
  for update of q
),
present as (
  select count(*) as rows, floor(extract(epoch from clock_timestamp()))::bigint as now_s from held
),
counted as (
  select h.s, h.workspace_id, h.subject, h.span_s, h.max, p.now_s, c.*,
         coalesce(c.starts[1], c.slice) + h.bucket_s + h.span_s as reset_s
  from held h cross join present p ${liveSlices('h', 'p.now_s')}
),
rooms as (
  select array_agg(max - total order by s) as room, array_agg(reset_s order by s) as reset_s,
         count(*) = (select count(*) from subjects) as whole
  from counted
),
grants as (
  select array_agg(granted order by i) as granted
  from (
    select i, min(granted)::int as granted
    from (
      select w.i, case when r.whole then
        greatest(0, least(w.n, r.room[w.s] - sum(w.n) over (partition by w.s order by w.i) + w.n)) else 0 end as granted
      from wanted w cross join rooms r
      where w.s is not null
      union all
      select w.i, 0 from wanted w where w.s is null
    ) each_window
    group by i
  ) each_key
),
spent as (
  select array_agg(granted order by s) as granted
  from (
    select w.s, sum(g.granted[w.i])::int as granted from wanted w cross join grants g where w.s is not null group by w.s
  ) each_subject
),
written as (
  update quota q set ${addToSlice('c', 't.granted[c.s]')}
  from counted c cross join spent t
  where t.granted[c.s] > 0
    and q.workspace_id = c.workspace_id and q.subject = c.subject and q.span_s = c.span_s
)
select w.i::int, w.workspace_id, w.workspace_name, w.plan, w.id, w.name, w.scopes, w.expires_at, w.revoked_at,
       w.maker_id, w.role, w.agent,
       w.scope, w.subject, w.span_s, w.max, g.granted[w.i] as granted,
       r.room[w.s] - t.granted[w.s] as left, r.reset_s[w.s] as reset_s, r.whole, p.now_s
from wanted w cross join grants g cross join spent t cross join rooms r cross join present p
order by w.i`,
};

interface CountedRow extends KeyNow {
  i: number;
  granted: number;
  now_s: number;
  whole: boolean;
  /** The scope of the window; null if the key has none. */
  scope: Window['scope'] | null;
  subject: string;
  span_s: number;
  max: number;
  /** After all requests that this statement granted. */
  left: number;
  reset_s: number;
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
  /** Requests to count: 1, or 0 to read the state. */
  requests: 0 | 1;
}

/** Concurrent requests are counted together, each key once, in order of arrival. */
export function makeCounter(db: Database, clock: Clock): Counter {
  const counts = makeBatchWriter<Item, { key: KeyNow; quota: Quota } | null>(db, {
    groupOf: ({ workspaceId }) => workspaceId,
    maxWeight: 1000,
    run,
  });

  async function run(on: Queryable, items: Item[]) {
    const keys = new Map<Uuid, { workspaceId: Uuid; requested: number; returned: number }>();
    for (const { workspaceId, id, requests } of items) {
      const key = keys.get(id);
      if (key) key.requested += requests;
      else keys.set(id, { workspaceId, requested: requests, returned: 0 });
    }
    const { rows } = await on.query<CountedRow>({
      ...COUNT,
      values: [
        [...keys.values()].map(({ workspaceId }) => workspaceId),
        [...keys.keys()],
        [...keys.values()].map(({ requested }) => requested),
        isoTime(clock.now()),
        WINDOWS.map(({ plan }) => plan),
        WINDOWS.map(({ scope }) => scope),
        WINDOWS.map(({ spanS }) => spanS),
        WINDOWS.map(({ bucketS }) => bucketS),
        WINDOWS.map(({ max }) => max),
      ],
    });
    const { whole } = rows[0]!;
    if (!whole)
      await makeRows(
        on,
        rows.filter(({ scope }) => scope !== null),
      );
    const byKey = [...keys.keys()].map((): CountedRow[] => []);
    for (const row of rows) byKey[row.i - 1]!.push(row);
    const answers = new Map([...keys.keys()].map((id, at) => [id, byKey[at]!]));
    return items.map(({ id, requests }) => {
      const answer = answers.get(id)!;
      const [key] = answer;
      if (!key?.id) return null;
      if (!whole && key.scope !== null) return RETRY;
      const quota = quotaOf(answer, keys.get(id)!.returned, requests);
      keys.get(id)!.returned += requests;
      return { key, quota };
    });
  }

  return {
    count: (key) => counts.add({ ...key, requests: 1 }),
    read: (key) => counts.add({ ...key, requests: 0 }),
  };
}

/**
 * @param rows of one key, at least one
 * @param returned how many requests of this key, in the same batch, came before this one
 * @param requests 0 if the state is only read
 */
function quotaOf(rows: CountedRow[], returned: number, requests: 0 | 1): Quota {
  const { granted: room, now_s: nowS, scope: first } = rows[0]!;
  if (first === null) return { granted: true, windows: [], nowS };
  const granted = returned < room;
  // Each request of a batch gets what was left after it, not after the last of them.
  const after = granted ? room - requests - returned : 0;
  const windows = rows.map(({ scope, span_s: spanS, max, left, reset_s: resetS }) => ({
    scope: scope!,
    spanS,
    limit: max,
    remaining: left + after,
    resetS,
  }));
  return { granted, windows: windows.sort((a, b) => a.remaining - b.remaining), nowS };
}

async function makeRows(on: Queryable, rows: CountedRow[]): Promise<void> {
  await on.query({
    ...MAKE_ROWS,
    values: [
      rows.map((row) => row.workspace_id),
      rows.map((row) => row.subject),
      rows.map((row) => row.span_s),
    ],
  });
}

/** Whether requests of this plan have to be counted. */
export function isCounted(plan: string): boolean {
  return isPlan(plan) && PLANS[plan].windows.length > 0;
}
