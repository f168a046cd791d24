import { z } from 'zod';
import { route, type Route } from '../../http/route.ts';

/** The source addresses of webhooks, as configured by the operator (AN7). */
export function egressAddressRoutes(addresses: readonly string[]): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/egress-addresses',
      scope: null,
      tag: 'webhooks',
      summary: 'List the source addresses of webhooks',
      description:
        'For an allow-list at the receiver: `FAIRLEAD_EGRESS_IPS`; empty if the operator has not set it.',
      answers: { 200: z.object({ data: z.array(z.string()) }) },
      handle: async () => ({ status: 200, body: { data: addresses } }),
    }),
  ];
}
