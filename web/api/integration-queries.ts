import { queryOptions } from '@tanstack/react-query';
import { call } from './client.ts';
import type { components } from './schema.d.ts';

/** Another system that Fairlead works with. */
export type Integration = components['schemas']['Integration'];

export const integrationsQuery = queryOptions({
  queryKey: ['integrations'],
  queryFn: async ({ signal }) =>
    (await call<{ data: Integration[] }>('GET', '/integrations', { signal })).data,
  staleTime: Infinity,
});
