import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf, defined } from './client.ts';
import { listQuery } from './list-query.ts';
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

/** The filter of a delivery log; an omitted field matches all. */
export interface DeliveryFilter {
  state?: DeliveryState | undefined;
  event_type?: string | undefined;
  event_id?: string | undefined;
  /** `since` is inclusive, `until` exclusive; ISO 8601. */
  since?: string | undefined;
  until?: string | undefined;
}

/**
 * The deliveries of one webhook, or of all. Polled every 5 s.
 * @param webhookId null for the whole workspace
 */
export function deliveriesQuery(webhookId: string | null, { since, until, ...filter }: DeliveryFilter) {
  const query = defined({ limit: 25, ...filter, 'created_at[gte]': since, 'created_at[lt]': until });
  return infiniteQueryOptions({
    ...listQuery(['webhooks', 'deliveries', webhookId], query, (cursor, signal) => {
      const params = { query: { ...query, ...cursor } };
      return webhookId === null
        ? api.GET('/api/v1/deliveries', { params, signal })
        : api.GET('/api/v1/webhooks/{id}/deliveries', {
            params: { ...params, path: { id: webhookId } },
            signal,
          });
    }),
    refetchInterval: 5_000,
  });
}

export const deliveryQuery = (id: string) =>
  queryOptions({
    queryKey: ['webhooks', 'delivery', id],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/deliveries/{id}', { params: { path: { id } }, signal })),
    refetchInterval: 5_000,
  });

export function useResend() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      dataOf(api.POST('/api/v1/deliveries/{id}/resend', { params: { path: { id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['webhooks'] }),
  });
}

/** Resends several deliveries in sequence; a failure does not stop the rest. */
export function useResendAll() {
  const queries = useQueryClient();
  return useMutation({
    async mutationFn(ids: readonly string[]) {
      const errors: Error[] = [];
      for (const id of ids) {
        // In sequence: the API limits concurrent requests of a session.
        // oxlint-disable-next-line no-await-in-loop
        await dataOf(api.POST('/api/v1/deliveries/{id}/resend', { params: { path: { id } } })).catch(
          (error: Error) => errors.push(error),
        );
      }
      return { sent: ids.length - errors.length, errors };
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['webhooks'] }),
  });
}

/** Which events to resend to a webhook. */
export interface Replay {
  /** ISO 8601. */
  since: string;
  until?: string | undefined;
  types?: string[] | undefined;
  /** Default: failed and missed. */
  only?: 'failed' | 'missed' | 'all' | undefined;
}

interface Replayed {
  queued: number;
  has_more: boolean;
  next_after: string | null;
}

/** The minimum number of events that a replay would send: one call examines 10,000. */
export const replayCountQuery = (webhookId: string, replay: Replay) =>
  queryOptions({
    queryKey: ['webhooks', 'replay', webhookId, replay],
    queryFn: ({ signal }) =>
      dataOf(
        api.POST('/api/v1/webhooks/{id}/replay', {
          params: { path: { id: webhookId } },
          body: { ...defined(replay), dry_run: true },
          signal,
        }),
      ),
    staleTime: 0,
  });

/** Repeats the call until all events are queued; resolves with their number. */
export function useReplay(webhookId: string) {
  const queries = useQueryClient();
  return useMutation({
    async mutationFn(replay: Replay) {
      let sum = 0;
      let after: string | null = null;
      for (;;) {
        const body = { ...defined(replay), ...(after !== null && { after }) };
        // oxlint-disable-next-line no-await-in-loop -- each call continues where the previous one ended
        const done: Replayed = await dataOf(
          api.POST('/api/v1/webhooks/{id}/replay', { params: { path: { id: webhookId } }, body }),
        );
        sum += done.queued;
        if (!done.has_more || done.next_after === null) return sum;
        after = done.next_after;
      }
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['webhooks'] }),
  });
}
