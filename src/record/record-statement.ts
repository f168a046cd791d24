import { claiming } from '../account/idempotency.ts';
import type { Statement } from '../db/pool.ts';
import { publishing } from '../events/outbox.ts';

/** What every record has beside its noun's own columns; written once. */
export const BASE_COLUMNS = ['created_by', 'created_at', 'updated_at'] as const;

/** Whose row was not at the version that was read. */
const MISSED = `(select json_agg(a.unit) from allowed a
    where not exists (select from written w where w.workspace_id = a.workspace_id and w.id = a.id))`;

/**
 * A noun's own part of the statement that inserts: who is let in, what the statement alone can know of a record, and
 * what is written beside it. Its tables, in this order:
 *   given(n, unit, workspace_id, id, actor, at, record, …) — what was asked for, with `columns` of `Write.beside`
 *   turned_away(unit, …)     — made by `gate`: the units that are not let in, with what `Intake.turnedAway` needs
 *   admitted                 — the rest of given, without those whose idempotency key was taken
 *   input                    — made by `entry`: admitted, its records completed
 *   written(workspace_id, id)
 */
export interface InsertGateSql {
  /** Tells its statement from that of another intake of the table. */
  name?: string;
  /** What a write has beside its record, as a list of column definitions. */
  columns: string;
  gate: string;
  entry: string;
  /** What is written beside the records. */
  related: string;
  /** Makes one json of `turned_away`, after everything else. */
  result: string;
  /** What new records and changed ones note behind their events, over `fired` and `counter` of outbox.ts. */
  note(kind: 'insert' | 'update'): string;
}

/** What a flight holds, beside records and events. */
interface BatchContents {
  /** Idempotency keys. */
  claims: boolean;
  /** More than one workspace. */
  several: boolean;
  /** Events of types that have a context. */
  contexts: boolean;
}

/** Worked out for events of the types that have a context, and for no other. */
function contextOf(contexts: Readonly<Record<string, string>>): string {
  const cases = Object.entries(contexts).map(([type, sql]) => `when '${type}' then ${sql}`);
  return `case f.type ${cases.join(' ')} end`;
}

/**
 * The statements of a table, prepared once a connection each.
 * @param contexts SQL by event type, see `Noun.contexts`
 * @param gate the noun's own part of the insert
 */
export function recordSql(
  table: string,
  columns: readonly string[],
  contexts?: Readonly<Record<string, string>>,
  gate?: InsertGateSql,
) {
  const all = ['version', ...columns, ...BASE_COLUMNS, 'deleted_at'];
  const changing = ['version', ...columns, 'updated_at', 'deleted_at'];
  const written = {
    insert: `
  insert into ${table} (workspace_id, id, ${all.join(', ')})
  select a.workspace_id, a.id, ${all.map((column) => `r.${column}`).join(', ')}
  from allowed a cross join lateral json_populate_record(null::${table}, a.record) r
  returning workspace_id, id`,
    update: `
  update ${table} t set ${changing.map((column) => `${column} = r.${column}`).join(', ')}
  from allowed a cross join lateral json_populate_record(null::${table}, a.record) r
  where t.workspace_id = a.workspace_id and t.id = a.id and t.version = r.version - 1 and t.deleted_at is null
  returning t.workspace_id, t.id`,
  };

  /**
   * The writing statement. What a flight does without is left out of it: a plan's every node costs before the
   * first row, and most flights are small.
   */
  function writing(kind: 'insert' | 'update', batch: BatchContents): string {
    const { claims, several } = batch;
    const context = batch.contexts && contexts ? contextOf(contexts) : undefined;
    const own = kind === 'insert' ? gate : undefined;
    return `
with ${own ? gated(own, claims) : plain(claims)}
written as (${written[kind]}
),${own ? `${own.related},` : ''}
${publishing(table, several, context)}${gate ? `,${gate.note(kind)}` : ''}
select
  ${own ? own.result : 'null::json'} as turned_away,
  ${claims ? '(select json_agg(unit) from refused)' : 'null::json'} as refused,
  ${kind === 'update' ? MISSED : 'null::json'} as missed,
  (select json_agg(distinct jsonb_build_array(workspace_id, endpoint_id)) from queued) as lanes`;
  }
  const known = new Map<string, Statement>();

  return {
    write(kind: 'insert' | 'update', batch: BatchContents): Statement {
      const held = (['claims', 'several', 'contexts'] as const).filter((what) => batch[what]);
      const name = [table, kind, ...(gate?.name ? [gate.name] : []), ...held].join('.');
      const statement = known.get(name) ?? { name, text: writing(kind, batch) };
      known.set(name, statement);
      return statement;
    },
    read: {
      name: `${table}.read`,
      text: `select t.* from unnest($1::uuid[], $2::uuid[]) as k(workspace_id, id)
             join ${table} t on t.workspace_id = k.workspace_id and t.id = k.id where t.deleted_at is null`,
    },
    exist: {
      name: `${table}.exist`,
      text: `select t.id from unnest($1::uuid[], $2::uuid[]) as k(workspace_id, id)
             join ${table} t on t.workspace_id = k.workspace_id and t.id = k.id`,
    },
    deleted: {
      name: `${table}.deleted`,
      text: `select deleted_at from ${table} where workspace_id = $1 and id = $2 and deleted_at is not null`,
    },
    happened: {
      name: 'event.happened',
      text: `select t.id from unnest($1::uuid[], $2::uuid[]) as k(workspace_id, id)
             join event t on t.workspace_id = k.workspace_id and t.id = k.id`,
    },
  };
}

const COLUMNS = 'n int, unit int, workspace_id uuid, id uuid, actor text, at timestamptz, record json';

/** From what was asked for to `allowed`, what will be written: all whose key was free. */
function plain(claims: boolean): string {
  return `input as materialized (
  select * from json_to_recordset($1::json) as i(${COLUMNS})
),${claims ? `${claiming()},` : ''}
allowed as (
  select i.* from input i ${claims ? 'where not exists (select from refused r where r.unit = i.unit)' : ''}
),`;
}

/** The same by way of an intake. */
function gated({ columns, gate, entry }: InsertGateSql, claims: boolean): string {
  return `given as materialized (
  select * from json_to_recordset($1::json) as i(${COLUMNS}, ${columns})
),
${gate},${claims ? `${claiming('turned_away')},` : ''}
admitted as (
  select g.* from given g
  where not exists (select from turned_away t where t.unit = g.unit)
  ${claims ? 'and not exists (select from refused r where r.unit = g.unit)' : ''}
),
${entry},
allowed as (select * from input),`;
}
