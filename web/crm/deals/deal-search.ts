import { listSearch } from '../list-search.ts';

export const dealSearch = listSearch(['name', 'status', 'pipeline_id', 'stage_id', 'owner_id']);
