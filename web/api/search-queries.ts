import { queryOptions } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';

/** Records that match the words, best first. A search that is replaced by a newer one is aborted. */
export function searchQuery(words: string) {
  return queryOptions({
    queryKey: ['search', words],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/v1/search', { params: { query: { q: words, limit: 20 } }, signal })),
    enabled: words !== '',
    // Records change at any time.
    staleTime: 5_000,
  });
}
