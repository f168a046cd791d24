import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from './client.ts';
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
export const deliveriesQuery = (webhookId: string | null, { since, until, ...filter }: DeliveryFilter) =>
  infiniteQueryOptions({
    ...listQuery<Delivery>(
      ['webhooks', 'deliveries', webhookId],
      webhookId === null ? '/deliveries' : `/webhooks/${webhookId}/deliveries`,
      { limit: 25, ...filter, 'created_at[gte]': since, 'created_at[lt]': until },
    ),
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

/** Resends several deliveries in sequence; a failure does not stop the rest. */
export function useResendAll() {
  const queries = useQueryClient();
  return useMutation({
    async mutationFn(ids: readonly string[]) {
      const errors: Error[] = [];
      for (const id of ids) {
        // In sequence: the API limits concurrent requests of a session.
        // oxlint-disable-next-line no-await-in-loop
        await call('POST', `/deliveries/${id}/resend`).catch((error: Error) => errors.push(error));
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
      call<Replayed>('POST', `/webhooks/${webhookId}/replay`, { body: { ...replay, dry_run: true }, signal }),
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
        const body = { ...replay, ...(after !== null && { after }) };
        // oxlint-disable-next-line no-await-in-loop -- each call continues where the previous one ended
        const done: Replayed = await call<Replayed>('POST', `/webhooks/${webhookId}/replay`, { body });
        sum += done.queued;
        if (!done.has_more || done.next_after === null) return sum;
        after = done.next_after;
      }
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['webhooks'] }),
  });
}
