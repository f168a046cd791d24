import { readTime, readText } from './delivery-search.ts';
import type { EventFilter } from '../../api/event-queries.ts';

export type EventSearch = EventFilter;

/** Parses the search parameters of the events page. */
export function eventSearch(input: Record<string, unknown>): EventSearch {
  return {
    type: readText(input['type']),
    matched: input['matched'] === 'none' ? 'none' : undefined,
    since: readTime(input['since']),
    until: readTime(input['until']),
  };
}
