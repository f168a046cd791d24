import { momentOf, textOf } from './delivery-search.ts';
import type { EventFilter } from '../../api/event-queries.ts';

export type EventSearch = EventFilter;

/** What the address of the events page says: how the list is narrowed. */
export function eventSearch(input: Record<string, unknown>): EventSearch {
  return {
    type: textOf(input['type']),
    matched: input['matched'] === 'none' ? 'none' : undefined,
    since: momentOf(input['since']),
    until: momentOf(input['until']),
  };
}
