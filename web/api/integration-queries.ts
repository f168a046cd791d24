import { queryOptions } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import type { components } from './schema.d.ts';

/** Another system that Fairlead works with. */
export type Integration = components['schemas']['Integration'];

export const integrationsQuery = queryOptions({
  queryKey: ['integrations'],
  queryFn: async ({ signal }) => (await dataOf(api.GET('/api/v1/integrations', { signal }))).data,
  staleTime: Infinity,
});
