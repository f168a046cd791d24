import { queryOptions, useQuery } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import type { components } from './schema.d.ts';

/** An event type with an example delivery in each format. */
type EventType = components['schemas']['EventType'];

// An API client may define types, too.
const STALE_MS = 30_000;

/** The event types with some of their fields: with all, the list is hundreds of kilobytes. */
function eventTypesWith<Field extends keyof EventType>(fields: readonly Field[]) {
  return queryOptions({
    queryKey: ['event-types', { fields }],
    queryFn: async ({ signal }): Promise<Pick<EventType, Field>[]> =>
      (
        await dataOf(
          api.GET('/api/v1/event-types', { params: { query: { fields: fields.join(',') } }, signal }),
        )
      ).data,
    staleTime: STALE_MS,
  });
}

export const eventTypesQuery = eventTypesWith(['name', 'object', 'description', 'subscribable', 'names']);

/** With the schema of the record, whose fields filters use. */
export const eventSchemasQuery = eventTypesWith(['name', 'formats', 'names', 'schema']);
export type EventSchema = Pick<EventType, 'name' | 'formats' | 'names' | 'schema'>;

/** An event type with all examples. */
export const eventTypeQuery = (name: string) =>
  queryOptions({
    queryKey: ['event-types', name],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/v1/event-types/{name}', { params: { path: { name } }, signal })),
    staleTime: STALE_MS,
  });

/** The names of the event types in a format. Several of ours may map to the same name. */
export function useEventNames(format: string): string[] {
  const { data = [] } = useQuery(eventTypesQuery);
  const subscribable = data.filter((type) => type.subscribable);
  return [...new Set(subscribable.map(({ name, names }) => names[format] ?? name))];
}
