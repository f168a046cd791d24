import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { RETRY } from '../../db/batch-runner.ts';
import type { InsertGate } from '../../record/insert-gate.ts';
import { rollupTables } from './analytics/lead-daily-rollup.ts';
import { assignNumberAndOwner } from './lead-owner.ts';
import type { Queryable } from '../../db/query.ts';

const HOUR_S = 3600;
/** Leads per batch: with larger batches, this process and PostgreSQL would alternately wait for each other. */
const MAX_BATCH_LEADS = 24;
/** Leads are counted by slices of 10 s. A lead counts until its whole slice is an hour old, so the limit is never exceeded. */
const SLICE_S = 10;

/** A unit of a batch that the gate refused. */
interface Refused {
  unit: number;
  workspace_id: Uuid;
  /** False if the workspace had no counter yet. */
  counted: boolean;
  leads: number;
  most: number;
  /** Leads that the limit still allows, after what this statement wrote. */
  room: number;
  retry_after_s: number;
}

/**
 * Admits units, in order, while the hourly limit allows. The counter rows are locked in workspace order, and the clock is
 * read after that: a statement that waited for another process counts what that process wrote.
 */
function gate(perHour: number): string {
  return `
counted_units as (
  select unit, workspace_id, count(*)::int as leads from requested group by unit, workspace_id
),
held as (
  select c.* from lead_counter c
  where c.workspace_id in (select workspace_id from counted_units)
  order by c.workspace_id for update
),
present as (
  select floor(extract(epoch from clock_timestamp()))::bigint as now_s from (select count(*) from held) h
),
hours as (
  select h.workspace_id, h.number, h.assignment, h.turns, n.slice, s.starts, s.taken,
         nullif(coalesce(h.leads_per_hour, ${perHour}), 0) - s.total as room,
         coalesce(h.leads_per_hour, ${perHour}) as most,
         coalesce(s.oldest, n.slice) + ${SLICE_S + HOUR_S} - p.now_s as retry_after_s
  from held h cross join present p
  cross join lateral (select p.now_s - p.now_s % ${SLICE_S} as slice) n
  cross join lateral (
    select coalesce(array_agg(b.start order by b.start), '{}') as starts,
           coalesce(array_agg(b.taken order by b.start), '{}') as taken,
           coalesce(sum(b.taken), 0)::int as total, min(b.start) as oldest
    from (
      -- A slice from the future (the clock was set back) counts as if it were now.
      select least(b.start, n.slice) as start, sum(b.taken)::int as taken
      from unnest(h.starts, h.taken) as b(start, taken)
      where b.start + ${SLICE_S} > p.now_s - ${HOUR_S}
      group by 1
    ) b
  ) s
),
gate_refused as (
  select * from (
    select a.*, h.workspace_id is not null as counted, h.most, h.room, h.retry_after_s,
           sum(a.leads) filter (where a.leads <= h.room) over (partition by a.workspace_id order by a.unit) as running
    from counted_units a left join hours h using (workspace_id)
  ) u
  where not counted or leads > room or running > room
)`;
}

/** How many leads were written, and whose turn is next; `counted` stores both. */
export const COUNT_ENTERED = `entered as (
  select w.workspace_id, count(*)::int as leads from written w group by w.workspace_id
),
turned as (
  select u.workspace_id, jsonb_object_agg(u.rule, u.next) as turns
  from (select workspace_id, rule, max(turn) + 1 as next from turning where rule is not null group by 1, 2) u
  group by u.workspace_id
)`;

/** Sets the turns of a counter `c` from `turned t`, if there are any. */
export const SET_TURNS = 'turns = case when t.turns is null then c.turns else c.turns || t.turns end';

/** Creates new sources. */
export const CREATE_SOURCES = `sourced as (
  insert into lead_source (workspace_id, id, name, folded, created_by, created_at, updated_at)
  select distinct on (i.workspace_id, s.folded) i.workspace_id, s.id, s.name, s.folded, i.actor, i.at, i.at
  from input i join written w using (workspace_id, id)
  cross join lateral json_to_record(i.source) as s(id uuid, name text, folded text)
  where s.id is not null
  order by i.workspace_id, s.folded, i.n
  on conflict (workspace_id, folded) do nothing
)`;

/** Counts the leads that were written, and stores submissions and new sources. */
const RELATED_ROWS = `
${COUNT_ENTERED},
counted as (
  update lead_counter c
  set number = c.number + e.leads,
      starts = case when h.slice = any(h.starts) then h.starts else h.starts || h.slice end,
      taken = case when h.slice = any(h.starts)
        then h.taken[:cardinality(h.taken) - 1] || h.taken[cardinality(h.taken)] + e.leads
        else h.taken || e.leads end,
      ${SET_TURNS}
  from entered e join hours h using (workspace_id) left join turned t using (workspace_id)
  where c.workspace_id = e.workspace_id
),
submitted as (
  insert into lead_submission
    (workspace_id, id, lead_id, channel, received_at, payload, address, referrer, utm, crm_lead_id)
  select i.workspace_id, s.id, i.id, s.channel, i.at, s.payload::json, s.address, s.referrer, s.utm, s.crm_lead_id
  from input i join written w using (workspace_id, id)
  cross join lateral json_to_record(i.submission)
    as s(id uuid, channel text, payload text, address text, referrer text, utm json, crm_lead_id text)
),
${CREATE_SOURCES}`;

const RESULT = `(select json_agg(json_build_object('unit', t.unit, 'workspace_id', t.workspace_id, 'counted', t.counted,
    'leads', t.leads, 'most', t.most, 'room', t.room - coalesce(e.leads, 0), 'retry_after_s', t.retry_after_s))
   from gate_refused t left join entered e using (workspace_id))`;

export const CREATE_COUNTERS = {
  name: 'lead.counters',
  text: `insert into lead_counter (workspace_id)
         select distinct id from unnest($1::uuid[]) as w(id) order by id on conflict do nothing`,
};

/**
 * The gate of new leads: the hourly limit of the workspace (RX6), exact across processes, in the statement that
 * writes the lead. Only leads that are written count.
 * @param perHour the default limit; 0: no limit
 */
export function leadInsertGate(perHour: number): InsertGate {
  return {
    maxWeight: MAX_BATCH_LEADS,
    sql: {
      columns: 'submission json, source json, origin text',
      gate: gate(perHour),
      entry: assignNumberAndOwner('submission, source'),
      related: RELATED_ROWS,
      result: RESULT,
      after: rollupTables,
    },

    async refused(on: Queryable, result: unknown) {
      const units = result as Refused[];
      const uncounted = units.filter(({ counted }) => !counted).map((item) => item.workspace_id);
      if (uncounted.length > 0) await on.query({ ...CREATE_COUNTERS, values: [uncounted] });
      return new Map(
        units.map((item) => {
          // Units before it in the batch were refused too, which left room: a unit too large, or a key that was taken.
          const again = !item.counted || item.leads <= item.room;
          return [item.unit, again ? RETRY : tooMany(item)] as const;
        }),
      );
    },
  };
}

function tooMany({ leads, most, room, retry_after_s: retryAfter }: Refused): ApiError {
  const left = leads > 1 ? `; this request has ${leads}, and ${Math.max(0, room)} are left` : '';
  const message = `The limit is ${most} leads an hour${left}; try again in ${retryAfter} seconds.`;
  return new ApiError('rate_limited', message, { retryAfter });
}
