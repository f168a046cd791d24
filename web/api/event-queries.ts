import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, dataOf, defined } from './client.ts';
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
export function eventsQuery({ since, until, ...filter }: EventFilter) {
  const query = defined({
    limit: 50,
    ...filter,
    'occurred_at[gte]': since,
    'occurred_at[lt]': until,
  });
  return infiniteQueryOptions({
    ...listQuery(['webhooks', 'events'], query, (cursor, signal) =>
      api.GET('/api/v1/event-log', { params: { query: { ...query, ...cursor } }, signal }),
    ),
    refetchInterval: 5_000,
  });
}

export const eventQuery = (id: string) =>
  queryOptions({
    queryKey: ['webhooks', 'event', id],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/events/{id}', { params: { path: { id } }, signal })),
  });
