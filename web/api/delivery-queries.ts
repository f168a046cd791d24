import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from './client.ts';
import { pagesOf } from './pages-of.ts';
import type { components } from './schema.d.ts';

export type Delivery = components['schemas']['Delivery'];
export type Attempt = components['schemas']['Attempt'];
export type DeliveryState = Delivery['state'];

/** As in src/delivery/states.md. */
export const DELIVERY_STATES = [
  'pending',
  'retrying',
  'delivered',
  'failed',
  'expired',
  'dropped',
  'crashed',
] as const satisfies readonly DeliveryState[];

/** Read again every few seconds: deliveries arrive while one watches. */
export const deliveriesQuery = (webhookId: string, state: DeliveryState | undefined) => ({
  ...pagesOf<Delivery>(['webhooks', 'deliveries', webhookId], `/webhooks/${webhookId}/deliveries`, {
    limit: 25,
    state,
  }),
  refetchInterval: 5_000,
});

export const deliveryQuery = (id: string) =>
  queryOptions({
    queryKey: ['webhooks', 'delivery', id],
    queryFn: ({ signal }) =>
      call<Delivery & { attempt_log: Attempt[] }>('GET', `/deliveries/${id}`, { signal }),
    refetchInterval: 5_000,
  });

export function useResend() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => call<{ delivery_id: string }>('POST', `/deliveries/${id}/resend`),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['webhooks'] }),
  });
}
