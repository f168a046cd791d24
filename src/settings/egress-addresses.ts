import { z } from 'zod';
import { route, type Route } from '../http/route.ts';

/** The addresses that webhooks come from, as the operator states them (contracts AN7). */
export function egressAddressRoutes(addresses: readonly string[]): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/egress-addresses',
      scope: null,
      tag: 'webhooks',
      summary: 'List the addresses that webhooks come from',
      description:
        'For an allow-list at the receiver; `FAIRLEAD_EGRESS_IPS`, and empty where the operator states none.',
      answers: { 200: z.object({ data: z.array(z.string()) }) },
      handle: async () => ({ status: 200, body: { data: addresses } }),
    }),
  ];
}
