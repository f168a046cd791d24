import type { z } from 'zod';
import type { Database } from '../db/pool.ts';
import { sql, type Sql } from '../db/sql.ts';
import type { Noun } from './noun.ts';
import { filterConditions } from './record-filter.ts';
import { listQuery } from './record-list.ts';
import type { RecordSearch } from './search/record-search.ts';
import type { Searcher } from './search/search-freshness.ts';

/** The filters of a noun's list by parameter, with its search, for other readings of the same records. */
export function filterShape(
  noun: Pick<Noun, 'filters' | 'searched' | 'fields' | 'title'>,
): Record<string, z.ZodType> {
  const { shape } = listQuery(noun);
  const names = [...Object.keys(noun.filters), ...(noun.searched.length > 0 ? ['q'] : [])];
  return Object.fromEntries(names.map((name) => [name, shape[name as keyof typeof shape] as z.ZodType]));
}

export type FilterQuery = Readonly<Record<string, unknown>>;

/**
 * The records that these filters find, without deleted ones, as a condition on the noun's table.
 * `isBehind`: recent changes may be missing from the result of a search.
 */
export async function matchingFilters(
  { db, search }: { db: Database; search: RecordSearch },
  noun: Noun,
  searcher: Searcher,
  query: FilterQuery,
): Promise<{ where: Sql; isBehind: boolean }> {
  const { workspaceId } = searcher;
  const { q: wanted } = query;
  const sought = typeof wanted === 'string' ? await search.listCondition(noun, searcher, wanted) : null;
  const conditions = [
    sql`workspace_id = ${workspaceId}`,
    sql`deleted_at is null`,
    ...(await filterConditions(db, noun, workspaceId, query)),
    ...(sought ? [sought.condition] : []),
  ];
  return { where: sql.join(conditions, sql` and `), isBehind: sought?.isBehind ?? false };
}
