import { listSearch, type ListSearch } from '../list-search.ts';

const filters = listSearch(['q', 'status', 'source', 'tag', 'owner_id']);

/** The layout of the leads; a table by default. */
export type LeadView = 'table' | 'board';

export function leadSearch(
  input: Record<string, unknown>,
): ListSearch<'q' | 'status' | 'source' | 'tag' | 'owner_id'> & { view?: 'board' | undefined } {
  return { ...filters(input), view: input['view'] === 'board' ? 'board' : undefined };
}
