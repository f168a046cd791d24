import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { call } from './client.ts';
import { listQuery } from './list-query.ts';
import type { components } from './schema.d.ts';

/** An event with its outcome. */
export type LoggedEvent = components['schemas']['Event'];

export interface EventFilter {
  type?: string | undefined;
  /** `none`: only events that were sent to no webhook. */
  matched?: 'none' | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

/** Newest first. Polled every 5 s. */
export const eventsQuery = ({ since, until, ...filter }: EventFilter) =>
  infiniteQueryOptions({
    ...listQuery<LoggedEvent>(['webhooks', 'events'], '/event-log', {
      limit: 50,
      ...filter,
      'occurred_at[gte]': since,
      'occurred_at[lt]': until,
    }),
    refetchInterval: 5_000,
  });

export const eventQuery = (id: string) =>
  queryOptions({
    queryKey: ['webhooks', 'event', id],
    queryFn: ({ signal }) => call<LoggedEvent>('GET', `/events/${id}`, { signal }),
  });
