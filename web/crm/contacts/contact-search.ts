import { listSearch } from '../list-search.ts';

export const contactSearch = listSearch(['email', 'phone', 'status', 'source', 'owner_id']);
