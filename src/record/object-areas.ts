import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import type { Noun } from './noun.ts';

/** The areas of which a workspace has a record. */
export type UsedAreas = (workspaceId: Uuid) => Promise<ReadonlySet<string>>;

/** By an index of each object, so it costs the same for any number of records. */
export function makeUsedAreas(db: Database, nouns: readonly Noun[]): UsedAreas {
  const optional = nouns.filter(({ area }) => area !== undefined);
  if (optional.length === 0) return () => Promise.resolve(new Set());
  const text = optional
    .map(
      ({ name, area }) => `select '${area}' as area where exists (
        select from ${name} where workspace_id = $1 and deleted_at is null)`,
    )
    .join(' union ');
  return async (workspaceId) => {
    const rows = await db.read<{ area: string }>({ name: 'object.used-areas', text }, [workspaceId]);
    return new Set(rows.map(({ area }) => area));
  };
}
