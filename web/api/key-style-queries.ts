import { queryOptions } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import type { components } from './schema.d.ts';

/** The prefix and rules of a kind of API key. */
export type KeyStyle = components['schemas']['KeyStyle'];

export const keyStylesQuery = queryOptions({
  queryKey: ['key-styles'],
  queryFn: async ({ signal }) => (await dataOf(api.GET('/api/v1/key-styles', { signal }))).data,
  staleTime: Infinity,
});
