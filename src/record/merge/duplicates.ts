import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query } from '../../db/query.ts';
import type { Extension } from '../extension.ts';
import type { BaseRecord, Noun } from '../noun.ts';
import { criteriaOf, matching } from '../record-match.ts';

export const MAX_DUPLICATES = 20;

/** The rows of other records that have one of the values by which records are recognised, oldest first. */
export async function duplicatesOf(
  db: Database,
  { name, matchRules }: Pick<Noun, 'name' | 'matchRules'>,
  workspaceId: Uuid,
  record: BaseRecord,
): Promise<Record<string, unknown>[]> {
  const values = record as unknown as Readonly<Record<string, unknown>>;
  const criteria = await Promise.all(
    matchRules.flatMap((rule) => {
      const others = rule.others === undefined ? [] : (values[rule.others] as string[]);
      return [values[rule.field], ...others].map((value) =>
        criteriaOf(db, workspaceId, [rule], { [rule.field]: value }),
      );
    }),
  );
  const all = criteria.flat();
  if (all.length === 0) return [];
  const rows = await query<Record<string, unknown>>(
    db.pool,
    matching(name, workspaceId, all, MAX_DUPLICATES + 1),
  );
  return rows.filter(({ id }) => id !== record.id).slice(0, MAX_DUPLICATES);
}

/** The panel of possible duplicates. */
export function duplicatesExtension({ name, plural }: Pick<Noun, 'name' | 'plural'>): Extension {
  return {
    object: name,
    panels: [{ key: 'duplicates', label: 'Perhaps the same', path: `/${plural}/{id}/duplicates` }],
  };
}
