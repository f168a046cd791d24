import type { Uuid } from '../../base/id.ts';
import { query, type Transaction } from '../../db/query.ts';
import { sql, type Sql } from '../../db/sql.ts';
import type { MovedColumn } from './moved-columns.ts';

interface MovedRow {
  id: Uuid;
  /** The merged record that it referenced. */
  owner: Uuid;
}

/** Ids of moved rows by column, as in `deal.contact_id`. */
export type MovedIds = Record<string, Uuid[]>;

/** Rows that were moved from some records to another one. */
export class MovedRows {
  readonly #columns: { column: MovedColumn; rows: readonly MovedRow[] }[];

  constructor(columns: { column: MovedColumn; rows: readonly MovedRow[] }[]) {
    this.#columns = columns.filter(({ rows }) => rows.length > 0);
  }

  /** The rows that referenced a record. */
  byOwner(owner: Uuid): MovedIds {
    return Object.fromEntries(
      this.#columns.flatMap(({ column, rows }) => {
        const ids = rows.filter((row) => row.owner === owner).map(({ id }) => id);
        return ids.length > 0 ? [[columnName(column), ids]] : [];
      }),
    );
  }

  /** The moved records of each object. */
  byObject(): Map<string, Uuid[]> {
    const found = new Map<string, Set<Uuid>>();
    for (const { column, rows } of this.#columns) {
      if (column.rows === undefined) continue;
      const ids = found.get(column.rows) ?? new Set();
      for (const { id } of rows) ids.add(id);
      found.set(column.rows, ids);
    }
    return new Map([...found].map(([object, ids]) => [object, [...ids]]));
  }
}

/** As in `deal.contact_id`. */
export function columnName({ table, column }: MovedColumn): string {
  return `${table}.${column}`;
}

/**
 * Moves all rows that reference some records to another record, deleted ones too: they can be restored. Versions of moved
 * records rise, so that a concurrent change does not bring the old reference back.
 */
export async function moveRows(
  trx: Transaction,
  workspaceId: Uuid,
  columns: readonly MovedColumn[],
  from: readonly Uuid[],
  to: Uuid,
): Promise<MovedRows> {
  const moved = [];
  for (const column of columns) {
    const which = sql`${sql.ref(column.column)} = any(${from}::uuid[])`;
    moved.push({ column, rows: await moveColumn(trx, workspaceId, column, which, to) });
  }
  return new MovedRows(moved);
}

/** Moves rows back to the record that they were moved from, unless they have moved on since. */
export async function moveRowsBack(
  trx: Transaction,
  workspaceId: Uuid,
  columns: readonly MovedColumn[],
  { moved, from, to }: { moved: MovedIds; from: Uuid; to: Uuid },
): Promise<MovedRows> {
  const back = [];
  for (const column of columns) {
    const ids = moved[columnName(column)];
    if (!ids) continue;
    const which = sql`${sql.ref(column.column)} = ${from}::uuid and id = any(${ids}::uuid[])`;
    back.push({ column, rows: await moveColumn(trx, workspaceId, column, which, to) });
  }
  return new MovedRows(back);
}

function moveColumn(
  trx: Transaction,
  workspaceId: Uuid,
  { table, column, rows }: MovedColumn,
  which: Sql,
  to: Uuid,
): Promise<MovedRow[]> {
  const version = rows === undefined ? sql`` : sql`, version = t.version + 1, updated_at = now()`;
  const [name, held] = [sql.ref(table), sql.ref(column)];
  // Locked in the order of ids, as by other merges.
  return query<MovedRow>(
    trx,
    sql`with found as (
          select id, ${held} as owner from ${name} where workspace_id = ${workspaceId} and ${which}
          order by id for no key update
        )
        update ${name} t set ${held} = ${to}::uuid${version}
        from found where t.workspace_id = ${workspaceId} and t.id = found.id and t.${held} = found.owner
        returning t.id, found.owner`,
  );
}
