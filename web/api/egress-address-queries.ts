import { queryOptions } from '@tanstack/react-query';
import { call } from './client.ts';

/** The IP addresses that webhooks are sent from; empty if the operator configured none. */
export const egressAddressesQuery = queryOptions({
  queryKey: ['egress-addresses'],
  queryFn: async ({ signal }) =>
    (await call<{ data: string[] }>('GET', '/egress-addresses', { signal })).data,
  staleTime: Infinity,
});
