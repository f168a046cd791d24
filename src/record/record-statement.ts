import { callerChecks } from '../account/caller-check.ts';
import { countedWrites, WINDOW_STATES } from '../account/counted-write.ts';
import { claiming } from '../account/idempotency.ts';
import { outboxTables } from '../events/outbox.ts';
import type { Statement } from '../db/query.ts';

/** Columns of every record, besides those of its noun. */
export const BASE_COLUMNS = ['created_by', 'created_at', 'updated_at'] as const;

/** Units whose row no longer had the version that was read. */
const MISSED = `(select json_agg(a.unit) from allowed a
    where not exists (select from written w where w.workspace_id = a.workspace_id and w.id = a.id))`;

/**
 * A noun's own part of the insert statement: which records are admitted, fields that only the statement can compute, and
 * related rows. Its tables, in this order:
 *   requested(n, unit, workspace_id, id, actor, at, record, …) — the plans, with `columns` of `Plan.related`
 *   gate_refused(unit, …)    — made by `gate`: refused units, with what `InsertGate.refused` needs
 *   admitted                 — the rest of requested, without units whose idempotency key was taken
 *   input                    — made by `entry`: admitted, with complete records
 *   written(workspace_id, id)
 */
export interface InsertGateSql {
  /** Distinguishes its statement from that of another gate of the same table. */
  name?: string;
  /** Column definitions of `Plan.related`. */
  columns: string;
  gate: string;
  entry: string;
  /** Writes related rows. */
  related: string;
  /** SQL for one json value of `gate_refused`, evaluated last. */
  result: string;
  /** Tables after the events, for inserts and updates; they use `fired` and `counter` of outbox.ts. */
  after(kind: 'insert' | 'update'): string;
}

/** `restore` is an update of deleted records. */
export type WriteKind = 'insert' | 'update' | 'restore';

/** What a batch holds, besides records and events. */
interface BatchContents {
  /** Idempotency keys. */
  claims: boolean;
  /** Callers that have to be checked. */
  checks: boolean;
  /** Of them, some whose requests are counted in windows. */
  windows: boolean;
  /** More than one workspace. */
  several: boolean;
  /** Events with a context. */
  contexts: boolean;
}

/** SQL for the context, evaluated only for event types that have one. */
function contextOf(contexts: Readonly<Record<string, string>> = {}): string {
  const cases = Object.entries(contexts).map(([type, sql]) => `when '${type}' then ${sql}`);
  return cases.length === 0 ? 'null::json' : `case f.type ${cases.join(' ')} end`;
}

/**
 * The statements of a table, each prepared once per connection.
 * @param contexts SQL by event type, see `Noun.contexts`
 * @param gate the noun's own part of the insert
 */
export function recordStatements(
  table: string,
  columns: readonly string[],
  contexts?: Readonly<Record<string, string>>,
  gate?: InsertGateSql,
) {
  const written = {
    insert: insertOf(table, columns),
    update: updateOf(table, columns, 't.deleted_at is null'),
    restore: updateOf(table, columns, 't.deleted_at is not null and t.expunged_at is null'),
  };

  /**
   * The writing statement, without the parts that a batch does not need: each node of a query plan costs time before the
   * first row, and most batches are small.
   */
  function writing(
    kind: WriteKind,
    { claims, checks, windows, several, contexts: hasContexts }: BatchContents,
  ): string {
    const own = kind === 'insert' ? gate : undefined;
    const context = hasContexts ? contextOf(contexts) : undefined;
    const parameter = claims ? 4 : 3;
    return `
with ${checks ? `${callerChecks(windows ? 'key_changed' : 'caller_changed', `$${parameter}`)},` : ''}
${windows ? `${countedWrites(`$${parameter + 1}`)},` : ''}
${own ? gated(own, { claims, checks }) : ungated({ claims, checks })}
written as (${written[kind]}
),${own ? `${own.related},` : ''}
${outboxTables({ objectType: table, several, context })}${gate ? `,${gate.after(kind === 'insert' ? 'insert' : 'update')}` : ''}
select
  ${own ? own.result : 'null::json'} as gate,
  ${checks ? '(select json_agg(unit) from caller_changed)' : 'null::json'} as unchecked,
  ${windows ? WINDOW_STATES : 'null::json'} as windows,
  ${claims ? '(select json_agg(unit) from refused)' : 'null::json'} as taken,
  ${kind === 'insert' ? 'null::json' : MISSED} as missed,
  (select json_agg(distinct jsonb_build_array(workspace_id, endpoint_id)) from queued) as lanes`;
  }
  const known = new Map<string, Statement>();

  return {
    write(kind: WriteKind, contents: BatchContents): Statement {
      const held = (['claims', 'checks', 'windows', 'several', 'contexts'] as const).filter(
        (name) => contents[name],
      );
      const name = [table, kind, ...(gate?.name ? [gate.name] : []), ...held].join('.');
      const statement = known.get(name) ?? { name, text: writing(kind, contents) };
      known.set(name, statement);
      return statement;
    },
    ...readsOf(table),
  };
}

function insertOf(table: string, columns: readonly string[]): string {
  const all = ['version', ...columns, ...BASE_COLUMNS, 'deleted_at'];
  return `
  insert into ${table} (workspace_id, id, ${all.map(quoted).join(', ')})
  select a.workspace_id, a.id, ${all.map((column) => `r.${quoted(column)}`).join(', ')}
  from allowed a cross join lateral json_populate_record(null::${table}, a.record) r
  returning workspace_id, id`;
}

/** @param condition which rows may be changed */
function updateOf(table: string, columns: readonly string[], condition: string): string {
  const changing = ['version', ...columns, 'updated_at', 'deleted_at'];
  return `
  update ${table} t set ${changing.map((column) => `${quoted(column)} = r.${quoted(column)}`).join(', ')}
  from allowed a cross join lateral json_populate_record(null::${table}, a.record) r
  where t.workspace_id = a.workspace_id and t.id = a.id and t.version = r.version - 1 and ${condition}
  returning t.workspace_id, t.id`;
}

/** A field can have the name of a keyword, such as `from`. */
function quoted(column: string): string {
  return `"${column}"`;
}

function readsOf(table: string) {
  return {
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

/** Leaves out units whose caller has changed; an array, since it is almost always empty. */
const CHECKED = 'where i.unit <> all (array(select unit from caller_changed))';

/** The tables from the plans to `allowed`: those whose idempotency key was free. */
function ungated({ claims, checks }: Pick<BatchContents, 'claims' | 'checks'>): string {
  return `input as materialized (
  select * from json_to_recordset($1::json) as i(${COLUMNS}) ${checks ? CHECKED : ''}
),${claims ? `${claiming(checks ? ['caller_changed'] : [])},` : ''}
allowed as (
  select i.* from input i ${claims ? 'where not exists (select from refused r where r.unit = i.unit)' : ''}
),`;
}

/** The same with an insert gate. */
function gated(
  { columns, gate, entry }: InsertGateSql,
  { claims, checks }: Pick<BatchContents, 'claims' | 'checks'>,
): string {
  const but = checks ? ['gate_refused', 'caller_changed'] : ['gate_refused'];
  return `requested as materialized (
  select * from json_to_recordset($1::json) as i(${COLUMNS}, ${columns}) ${checks ? CHECKED : ''}
),
${gate},${claims ? `${claiming(but)},` : ''}
admitted as (
  select g.* from requested g
  where not exists (select from gate_refused t where t.unit = g.unit)
  ${claims ? 'and not exists (select from refused r where r.unit = g.unit)' : ''}
),
${entry},
allowed as (select * from input),`;
}
