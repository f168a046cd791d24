import { queryOptions } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';

/** All pipelines with their stages; they are few and rarely change. */
export const pipelinesQuery = queryOptions({
  queryKey: ['pipelines'],
  queryFn: async ({ signal }) => (await dataOf(api.GET('/api/v1/pipelines', { signal }))).data,
  staleTime: 60_000,
});
