import type { Uuid } from '../base/id.ts';
import type { CallerCheck } from './caller-check.ts';
import { termsOf } from './plan.ts';
import { addToSlice, liveSlices, type Quota, type WindowState } from './quota.ts';

/** A window of the plan, with the units of a batch whose requests it counts. */
export interface CountedWindow extends Omit<WindowState, 'remaining' | 'resetS'> {
  workspaceId: Uuid;
  /** The id of the key or of the workspace. */
  subject: Uuid;
  bucketS: number;
  /** In order of arrival. */
  units: number[];
}

/** The state of a window before the units of the batch, as the statement returns it. */
export type WindowRow = [n: number, room: number, resetS: number, nowS: number];

/** A unit of a batch, with its check, if it has one. */
interface Unit {
  unit: number;
  writer: { check?: CallerCheck | undefined };
}

/**
 * The part of a writing statement that counts the requests of a batch in the windows of their plans, as `COUNT` of quota.ts
 * does: the rows of `quota` are locked in key order, before anything else is, and then the clock is read. It comes after
 * `callerChecks('key_changed', …)` and ends in `caller_changed(unit)`: the units whose key has changed, and those that have
 * no room in a window, or whose row of `quota` is missing. They are neither counted nor written; the request starts again.
 * @param parameter with the rows of `windowRows`
 */
export function countedWrites(parameter: string): string {
  return `
quota_window as materialized (
  select * from json_to_recordset(${parameter}::json) as w(
    n int, workspace_id uuid, subject uuid, span_s int, bucket_s int, max int, units int[])
),
quota_held as (
  select w.n, w.bucket_s, w.max, w.units, q.*
  from (select * from quota_window order by workspace_id, subject, span_s) w
  cross join lateral (
    select q.* from quota q
    where q.workspace_id = w.workspace_id and q.subject = w.subject and q.span_s = w.span_s
    for update
  ) q
),
quota_time as (
  select count(*) as rows, floor(extract(epoch from clock_timestamp()))::bigint as now_s from quota_held
),
quota_counted as materialized (
  select h.n, h.workspace_id, h.subject, h.span_s, h.max - c.total as room, p.now_s, c.slice, c.starts, c.taken,
         coalesce(c.starts[1], c.slice) + h.bucket_s + h.span_s as reset_s,
         array(select u.unit from unnest(h.units) with ordinality as u(unit, i)
               where u.unit <> all (array(select unit from key_changed)) order by u.i) as units
  from quota_held h cross join quota_time p ${liveSlices('h', 'p.now_s')}
),
quota_full as materialized (
  select unnest(c.units[greatest(c.room, 0) + 1:]) as unit from quota_counted c
  union all
  select unnest(w.units) from quota_window w where w.n <> all (array(select n from quota_counted))
),
caller_changed as materialized (
  select unit from key_changed union all select unit from quota_full
),
quota_spent as (
  update quota q set ${addToSlice('c', 'c.granted')}
  from (
    select c.*, (select count(*)::int from unnest(c.units) as u(unit)
                 where u.unit <> all (array(select unit from quota_full))) as granted
    from quota_counted c
  ) c
  where c.granted > 0 and q.workspace_id = c.workspace_id and q.subject = c.subject and q.span_s = c.span_s
)`;
}

/** SQL for the state of the windows, as json: `WindowRow` each. */
export const WINDOW_STATES =
  '(select json_agg(json_build_array(n, room, reset_s, now_s)) from quota_counted)';

/** The windows in which the requests of these units are still to be counted. */
export function countedWindows(units: readonly Unit[]): CountedWindow[] {
  const windows = new Map<string, CountedWindow>();
  for (const { unit, writer } of units) {
    const { check } = writer;
    // A unit that is written again after a conflict was counted by the first statement.
    if (!check?.isCounted || check.isDone) continue;
    const { workspace_id: workspaceId, id, plan } = check.key;
    for (const { scope, spanS, bucketS, max } of termsOf(plan).windows) {
      const subject = scope === 'key' ? id : workspaceId;
      // Units that were admitted with another plan are left out by their check: they have a row of their own.
      const name = `${workspaceId}/${subject}/${spanS}/${plan}`;
      const window = windows.get(name);
      if (window) window.units.push(unit);
      else windows.set(name, { workspaceId, subject, scope, spanS, bucketS, limit: max, units: [unit] });
    }
  }
  return [...windows.values()];
}

/** The windows as `countedWrites` takes them. */
export function windowRows(windows: readonly CountedWindow[]): object[] {
  return windows.map(({ workspaceId, subject, spanS, bucketS, limit, units }, n) => ({
    n,
    workspace_id: workspaceId,
    subject,
    span_s: spanS,
    bucket_s: bucketS,
    max: limit,
    units,
  }));
}

/**
 * The state of the windows after each counted unit.
 * @param rows what the statement returned
 * @param refused units that were not counted
 * @returns by unit
 */
export function quotasOf(
  windows: readonly CountedWindow[],
  rows: readonly WindowRow[],
  refused: readonly number[],
): Map<number, Quota> {
  const quotas = new Map<number, { granted: true; windows: WindowState[]; nowS: number }>();
  for (const [n, room, resetS, nowS] of rows) {
    const { scope, spanS, limit, units } = windows[n]!;
    let remaining = room;
    for (const unit of units) {
      if (refused.includes(unit)) continue;
      remaining -= 1;
      const state = { scope, spanS, limit, remaining, resetS };
      const quota = quotas.get(unit);
      if (quota) quota.windows.push(state);
      else quotas.set(unit, { granted: true, windows: [state], nowS });
    }
  }
  for (const { windows: states } of quotas.values()) {
    if (states.length > 1) states.sort((a, b) => a.remaining - b.remaining);
  }
  return quotas;
}
