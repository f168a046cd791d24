import { queryOptions } from '@tanstack/react-query';
import { call } from './client.ts';

/** Something to subscribe to, with what its deliveries look like. */
export interface EventType {
  name: string;
  object: string;
  description: string;
  /** The formats whose `*` includes it. */
  formats: string[];
  /** The record, as the event keeps it. */
  sample: Record<string, unknown>;
  /** By format: a delivery of it, headers and body. */
  examples?: Record<string, Example>;
}

export interface Example {
  headers: Record<string, string>;
  body: unknown;
}

export const eventTypesQuery = queryOptions({
  queryKey: ['event-types'],
  queryFn: async ({ signal }) => (await call<{ data: EventType[] }>('GET', '/event-types', { signal })).data,
  staleTime: Infinity,
});
