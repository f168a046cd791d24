import { queryOptions } from '@tanstack/react-query';
import { call } from './client.ts';

/** The addresses that webhooks come from; none where the operator states none. */
export const egressAddressesQuery = queryOptions({
  queryKey: ['egress-addresses'],
  queryFn: async ({ signal }) =>
    (await call<{ data: string[] }>('GET', '/egress-addresses', { signal })).data,
  staleTime: Infinity,
});
