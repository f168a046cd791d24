import { listSearch } from '../list-search.ts';

export const taskSearch = listSearch(['status', 'priority', 'assignee_id']);
