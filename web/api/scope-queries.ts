import { queryOptions } from '@tanstack/react-query';
import { call } from './client.ts';
import type { components } from './schema.d.ts';

/** An API key scope, and whether the session may grant it. */
export type Scope = components['schemas']['Scope'];

export const scopesQuery = queryOptions({
  queryKey: ['scopes'],
  queryFn: async ({ signal }) => (await call<{ data: Scope[] }>('GET', '/scopes', { signal })).data,
  staleTime: 60_000,
});
