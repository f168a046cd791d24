import { z } from 'zod';
import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import { query } from '../db/query.ts';
import { sql, type Sql } from '../db/sql.ts';
import type { Noun } from './noun.ts';

/** A record that another one refers to, in answers that show its name. */
export const namedRecord = z
  .object({
    id: z.uuid(),
    name: z
      .string()
      .nullable()
      .meta({ description: 'Null if the record was deleted, or the caller may not read it.' }),
  })
  .nullable();

/**
 * SQL for a `namedRecord`: a JSON object, or null where the column is empty. The name of a record is the fields that
 * make its title, as the dashboard shows it.
 * @param column the qualified column with the id, as in `d.contact_id`
 */
export function namedRecordSql(
  noun: Pick<Noun, 'name' | 'plural' | 'title' | 'fields'>,
  column: string,
  { workspaceId, mayRead }: { workspaceId: string; mayRead: (noun: { plural: string }) => boolean },
): Sql {
  const id = sql.ref(column);
  const name = mayRead(noun)
    ? sql`(select ${titleSql(noun)} from ${sql.ref(noun.name)} n
           where n.workspace_id = ${workspaceId} and n.id = ${id} and n.deleted_at is null)`
    : sql`null::text`;
  return sql`case when ${id} is not null then json_build_object('id', ${id}, 'name', ${name}) end`;
}

/** The names of records of some kinds by their ids, null for unnamed ones. Deleted and unknown records are left out. */
export async function recordNames(
  { pool }: Pick<Database, 'pool'>,
  nouns: readonly Pick<Noun, 'name' | 'title' | 'fields'>[],
  workspaceId: Uuid,
  ids: readonly Uuid[],
): Promise<ReadonlyMap<Uuid, string | null>> {
  if (nouns.length === 0) return new Map();
  const selects = nouns.map(
    (noun) => sql`select n.id, ${titleSql(noun)} as name from ${sql.ref(noun.name)} n
                  where n.workspace_id = ${workspaceId} and n.id = any(${ids}::uuid[]) and n.deleted_at is null`,
  );
  const rows = await query<{ id: Uuid; name: string | null }>(
    pool,
    sql.join(selects, sql.raw(' union all ')),
  );
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** Text fields that come first make the title together; each of the others stands in for them if they are empty. */
function titleSql({ title, fields }: Pick<Noun, 'title' | 'fields'>): Sql {
  const others = title.findIndex((name) => fields[name]!.kind !== 'text');
  const names = others === -1 ? title : title.slice(0, others);
  const filled = (name: string) => sql`nullif(${sql.ref(`n.${name}`)}, '')`;
  const together = sql`nullif(concat_ws(' ', ${sql.join(names.map(filled))}), '')`;
  const alternatives = others === -1 ? [] : title.slice(others).map(filled);
  return sql`coalesce(${sql.join([together, ...alternatives])})`;
}
