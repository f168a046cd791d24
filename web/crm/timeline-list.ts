import type { ReactNode } from 'react';
import type { ReadList } from '../ui/data-table.tsx';

/** Something that happened, as a timeline shows it. */
export interface Happening {
  id: string;
  at: string;
  shown: ReactNode;
}

/** Several lists, each newest first, as one: `null` while one of them has yet to be read. */
export function merged(lists: readonly ReadList<Happening>[]): Happening[] | null {
  if (lists.some(({ data }) => data === undefined)) return null;
  // Past the end of what was read of a list that goes on, nobody knows what came between.
  const known = lists
    .filter(({ hasNextPage }) => hasNextPage)
    .map(({ data }) => data?.at(-1)?.at ?? '')
    .reduce((item, other) => (item > other ? item : other), '');
  return lists
    .flatMap(({ data = [] }) => data)
    .filter(({ at }) => at >= known)
    .toSorted((item, other) => (item.at < other.at ? 1 : item.at > other.at ? -1 : 0));
}
