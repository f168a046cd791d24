import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { call } from './client.ts';
import { listQuery } from './list-query.ts';
import type { components } from './schema.d.ts';

/** Something that happened, with what became of it. */
export type HappenedEvent = components['schemas']['Event'];

export interface EventFilter {
  type?: string | undefined;
  /** `none`: only what no webhook was given. */
  matched?: 'none' | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

/** Newest first. Read again every few seconds: they happen while one watches. */
export const eventsQuery = ({ since, until, ...filter }: EventFilter) =>
  infiniteQueryOptions({
    ...listQuery<HappenedEvent>(['webhooks', 'events'], '/event-log', {
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
    queryFn: ({ signal }) => call<HappenedEvent>('GET', `/events/${id}`, { signal }),
  });
