import { queryOptions } from '@tanstack/react-query';
import { call } from './client.ts';
import type { components } from './schema.d.ts';

/** The prefix and rules of a kind of API key. */
export type KeyStyle = components['schemas']['KeyStyle'];

export const keyStylesQuery = queryOptions({
  queryKey: ['key-styles'],
  queryFn: async ({ signal }) => (await call<{ data: KeyStyle[] }>('GET', '/key-styles', { signal })).data,
  staleTime: Infinity,
});
