import { queryOptions } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import type { components } from './schema.d.ts';

/** An API key scope, and whether the session may grant it. */
export type Scope = components['schemas']['Scope'];

export const scopesQuery = queryOptions({
  queryKey: ['scopes'],
  queryFn: async ({ signal }) => (await dataOf(api.GET('/api/v1/scopes', { signal }))).data,
  staleTime: 60_000,
});
