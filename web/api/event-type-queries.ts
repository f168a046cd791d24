import { queryOptions, useQuery } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import type { operations } from './schema.d.ts';

type Answer = operations['getEventTypes']['responses'][200]['content']['application/json'];

/** An event type with an example delivery in each format. */
export type EventType = Answer['data'][number];

export const eventTypesQuery = queryOptions({
  queryKey: ['event-types'],
  queryFn: async ({ signal }) => (await dataOf(api.GET('/api/v1/event-types', { signal }))).data,
  // An API client may define types, too.
  staleTime: 30_000,
});

/** An event type with all examples. The list omits the examples of large custom types. */
export const eventTypeQuery = (name: string) =>
  queryOptions({
    queryKey: ['event-types', name],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/v1/event-types/{name}', { params: { path: { name } }, signal })),
    staleTime: 30_000,
  });

/** The names of the event types in a format. Several of ours may map to the same name. */
export function useEventNames(format: string): string[] {
  const { data = [] } = useQuery(eventTypesQuery);
  const subscribable = data.filter((type) => type.subscribable);
  return [...new Set(subscribable.map(({ name, examples }) => examples[format]?.name ?? name))];
}
