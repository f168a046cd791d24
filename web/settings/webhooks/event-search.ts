import { momentOf, textOf } from './delivery-search.ts';
import type { EventFilter } from '../../api/event-queries.ts';

export type EventSearch = EventFilter;

/** What the address of the events page says: how the list is narrowed. */
export function eventSearch(given: Record<string, unknown>): EventSearch {
  return {
    type: textOf(given['type']),
    matched: given['matched'] === 'none' ? 'none' : undefined,
    since: momentOf(given['since']),
    until: momentOf(given['until']),
  };
}
