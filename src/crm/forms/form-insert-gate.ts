import type { Uuid } from '../../base/id.ts';
import { RETRY } from '../../db/batch-runner.ts';
import { notQuarantined } from './form-quarantine.ts';
import { rollupTables } from '../leads/analytics/lead-daily-rollup.ts';
import { COUNT_ENTERED, CREATE_COUNTERS, CREATE_SOURCES, SET_TURNS } from '../leads/lead-insert-gate.ts';
import { assignNumberAndOwner } from '../leads/lead-owner.ts';
import type { InsertGate } from '../../record/insert-gate.ts';
import type { Queryable } from '../../db/query.ts';

interface Refused {
  unit: number;
  workspace_id: Uuid;
  /** False if the workspace had no counter yet. */
  counted: boolean;
  /** The quarantined submission no longer existed. */
  gone: boolean;
}

/**
 * Locks the workspace's counter for lead numbers and the round robin; leads from forms do not count against the hourly
 * limit (docs/requirements.md, section 6). A quarantined submission is locked before it becomes a lead: accepted twice at the same
 * time, it makes one lead.
 */
const GATE = `
units as (
  select n, unit, workspace_id, form_id, quarantined_id from requested
),
hours as (
  select c.workspace_id, c.number, c.assignment, c.turns from lead_counter c
  where c.workspace_id in (select workspace_id from units)
  order by c.workspace_id for update
),
quarantined as (
  select f.workspace_id, f.form_id, f.id from form_aside f
  where (f.workspace_id, f.form_id, f.id) in (select workspace_id, form_id, quarantined_id from units)
  order by f.workspace_id, f.form_id, f.id for update
),
gate_refused as (
  select a.unit, a.workspace_id, h.workspace_id is not null as counted,
         bool_or(a.quarantined_id is not null and s.id is null) as gone
  from (
    select *, row_number() over (partition by workspace_id, form_id, quarantined_id order by n) as nth from units
  ) a
  left join hours h using (workspace_id)
  left join quarantined s on s.workspace_id = a.workspace_id and s.form_id = a.form_id and s.id = a.quarantined_id
  group by a.unit, a.workspace_id, h.workspace_id
  having h.workspace_id is null or bool_or(a.quarantined_id is not null and (s.id is null or a.nth > 1))
)`;

const RELATED_ROWS = `
${COUNT_ENTERED},
counted as (
  update lead_counter c set number = c.number + e.leads, ${SET_TURNS}
  from entered e left join turned t using (workspace_id)
  where c.workspace_id = e.workspace_id
),
submitted as (
  insert into lead_submission
    (workspace_id, id, lead_id, channel, received_at, payload, address, referrer, utm, form_id, consent)
  select i.workspace_id, s.id, i.id, 'form', coalesce(s.received_at, i.at), s.payload::json, s.address, s.referrer,
         s.utm, i.form_id, nullif(i.record->>'consent', '')::json
  from input i join written w using (workspace_id, id)
  cross join lateral json_to_record(i.submission)
    as s(id uuid, received_at timestamptz, address text, referrer text, utm json, payload text)
),
cleared as (
  delete from form_aside f using input i join written w using (workspace_id, id)
  where f.workspace_id = i.workspace_id and f.form_id = i.form_id and f.id = i.quarantined_id
),
${CREATE_SOURCES}`;

const RESULT = `(select json_agg(t) from gate_refused t)`;

/** The insert gate of leads from forms; writes the submission with its consent too. */
export const formInsertGate: InsertGate = {
  sql: {
    name: 'form',
    columns: 'submission json, source json, origin text, form_id uuid, quarantined_id uuid',
    gate: GATE,
    entry: assignNumberAndOwner('submission, source, form_id, quarantined_id'),
    related: RELATED_ROWS,
    result: RESULT,
    after: rollupTables,
  },

  async refused(on: Queryable, result: unknown) {
    const units = result as Refused[];
    const uncounted = units.filter(({ counted }) => !counted).map((item) => item.workspace_id);
    if (uncounted.length > 0) await on.query({ ...CREATE_COUNTERS, values: [uncounted] });
    return new Map(units.map(({ unit, gone }) => [unit, gone ? notQuarantined() : RETRY]));
  },
};
