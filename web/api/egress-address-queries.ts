import { queryOptions } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';

/** The IP addresses that webhooks are sent from; empty if the operator configured none. */
export const egressAddressesQuery = queryOptions({
  queryKey: ['egress-addresses'],
  queryFn: async ({ signal }) => (await dataOf(api.GET('/api/v1/egress-addresses', { signal }))).data,
  staleTime: Infinity,
});
