import { listSearch } from '../list-search.ts';

export const companySearch = listSearch(['name', 'website', 'industry', 'owner_id']);
