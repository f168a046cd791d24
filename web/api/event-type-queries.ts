import { queryOptions, useQuery } from '@tanstack/react-query';
import { call } from './client.ts';
import type { operations } from './schema.d.ts';

type Answer = operations['getEventTypes']['responses'][200]['content']['application/json'];

/** Something to subscribe to, with what its deliveries look like in every format. */
export type EventType = Answer['data'][number];

export const eventTypesQuery = queryOptions({
  queryKey: ['event-types'],
  queryFn: async ({ signal }) => (await call<Answer>('GET', '/event-types', { signal })).data,
  // A program may define types, too.
  staleTime: 30_000,
});

/** One with all of its examples: in the list, a large one that the workspace defined has none. */
export const eventTypeQuery = (name: string) =>
  queryOptions({
    queryKey: ['event-types', name],
    queryFn: ({ signal }) => call<EventType>('GET', `/event-types/${name}`, { signal }),
    staleTime: 30_000,
  });

/** What a format calls the event types; several of ours may be one of its own. */
export function useEventNames(format: string): string[] {
  const { data = [] } = useQuery(eventTypesQuery);
  const subscribable = data.filter((type) => type.subscribable);
  return [...new Set(subscribable.map(({ name, examples }) => examples[format]?.name ?? name))];
}
