import { infiniteQueryOptions } from '@tanstack/react-query';
import { dataOf, type Query } from './client.ts';

/** A page of a list, with the cursor of the next one. */
export interface Page<T> {
  data: T[];
  has_more: boolean;
  next_cursor: string | null;
}

/**
 * A paginated list of the API.
 * @param read calls the API for the page at `cursor`
 */
export function listQuery<T>(
  key: readonly unknown[],
  query: Query,
  read: (cursor: { cursor?: string }, signal: AbortSignal) => Promise<{ data?: Page<T> }>,
) {
  return infiniteQueryOptions({
    queryKey: [...key, query],
    queryFn: ({ pageParam, signal }) =>
      dataOf(read(pageParam === undefined ? {} : { cursor: pageParam }, signal)),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    select: ({ pages }) => pages.flatMap((page) => page.data),
  });
}
