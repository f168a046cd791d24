import { useInfiniteQuery } from '@tanstack/react-query';
import type { Query } from '../api/client.ts';
import type { ObjectType } from '../api/object-queries.ts';
import classes from './search-behind.module.css';
import { useTableQuery } from './table-query.ts';

/** While it lasts, the list is read again after this time. */
const RETRY_MS = 2_000;

/** Says that a searched list may lack the newest changes. It reads the list's own query, without a further request. */
export function SearchBehind({ object, filter }: { object: ObjectType; filter: Query }) {
  const { data: isBehind } = useInfiniteQuery({
    ...useTableQuery(object, filter),
    select: ({ pages }) => pages.some((page) => 'search_behind' in page && page.search_behind === true),
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => 'search_behind' in page && page.search_behind === true)
        ? RETRY_MS
        : false,
  });
  if (!isBehind) return null;
  return (
    <output className={classes.root}>The search is catching up: the newest changes may be missing.</output>
  );
}
