import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';

/** A kind of records that may be mergeable. */
interface Kind {
  name: string;
  mergeRules?: object;
}

/**
 * The record that a record was merged into; undefined if it was not merged. Ids of records that exist are not looked up
 * here: callers try the id first, so that merges cost other requests nothing.
 */
export async function survivorOf(
  db: Pick<Database, 'read'>,
  { name, mergeRules }: Kind,
  workspaceId: Uuid,
  id: Uuid,
): Promise<Uuid | undefined> {
  if (!mergeRules) return undefined;
  const statement = {
    name: `${name}.survivor`,
    text: `select merged_into from ${name} where workspace_id = $1 and id = $2`,
  };
  const [row] = await db.read<{ merged_into: Uuid | null }>(statement, [workspaceId, id]);
  return row?.merged_into ?? undefined;
}

/**
 * The last survivor of each record that was merged, by its id; other ids are not in it. One statement if nothing was merged,
 * however many ids there are.
 */
export async function survivorsOf(
  db: Pick<Database, 'read'>,
  { name, mergeRules }: Kind,
  workspaceId: Uuid,
  ids: readonly Uuid[],
): Promise<ReadonlyMap<Uuid, Uuid>> {
  const survivors = new Map<Uuid, Uuid>();
  if (!mergeRules) return survivors;
  const statement = {
    name: `${name}.survivors`,
    text: `select id, merged_into from ${name}
           where workspace_id = $1 and id = any($2::uuid[]) and merged_into is not null`,
  };
  let current: readonly Uuid[] = ids;
  for (let hop = 0; current.length > 0 && hop <= MAX_HOPS; hop += 1) {
    const rows = await db.read<{ id: Uuid; merged_into: Uuid }>(statement, [workspaceId, current]);
    const found = new Map(rows.map((row) => [row.id, row.merged_into]));
    for (const id of ids) {
      const next = found.get(survivors.get(id) ?? id);
      if (next !== undefined) survivors.set(id, next);
    }
    current = [...found.values()];
  }
  return survivors;
}

/** SQL over a row `alias`: the id of the record, or of the one that it was merged into. */
export function currentId(alias: string): string {
  return `coalesce(${alias}.merged_into, ${alias}.id)`;
}

/** How often a survivor may be merged itself while a request looks for it. */
const MAX_HOPS = 5;

/**
 * Runs `work` with the id of a record; if there is no such record because it was merged, with the id of its survivor. So a
 * write by an old id is keyed by the id of the record that it changes.
 */
export async function withSurvivor<T>(
  db: Pick<Database, 'read'>,
  kind: Kind,
  workspaceId: Uuid,
  id: Uuid,
  work: (id: Uuid) => Promise<T>,
): Promise<T> {
  for (let current = id, hop = 0; ; hop += 1) {
    try {
      return await work(current);
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 'not_found') || hop === MAX_HOPS) throw error;
      const survivor = await survivorOf(db, kind, workspaceId, current);
      if (survivor === undefined) throw error;
      current = survivor;
    }
  }
}
