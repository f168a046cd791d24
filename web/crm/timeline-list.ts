import type { ReactNode } from 'react';
import type { ReadList } from '../ui/data-table.tsx';

/** One entry of a timeline. */
export interface TimelineEntry {
  id: string;
  at: string;
  content: ReactNode;
}

/** Merges several lists, each newest first, into one; null until all are loaded. */
export function mergeTimelines(lists: readonly ReadList<TimelineEntry>[]): TimelineEntry[] | null {
  if (lists.some(({ data }) => data === undefined)) return null;
  // Older entries are held back until every list is loaded that far, so that nothing appears in between later.
  const earliest = lists
    .filter(({ hasNextPage }) => hasNextPage)
    .map(({ data }) => data?.at(-1)?.at ?? '')
    .reduce((item, other) => (item > other ? item : other), '');
  return lists
    .flatMap(({ data = [] }) => data)
    .filter(({ at }) => at >= earliest)
    .toSorted((item, other) => (item.at < other.at ? 1 : item.at > other.at ? -1 : 0));
}
