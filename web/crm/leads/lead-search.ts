import { listSearch, type ListSearch } from '../list-search.ts';

const filters = listSearch(['q', 'status', 'source', 'tag', 'owner_id']);

/** How the leads are laid out; a table where nothing is said. */
export type LeadView = 'table' | 'board';

export function leadSearch(
  input: Record<string, unknown>,
): ListSearch<'q' | 'status' | 'source' | 'tag' | 'owner_id'> & { view?: 'board' | undefined } {
  return { ...filters(input), view: input['view'] === 'board' ? 'board' : undefined };
}
