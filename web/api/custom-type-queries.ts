import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import { listQuery } from './list-query.ts';
import type { components, operations } from './schema.d.ts';

/** An event type defined by the workspace. */
export type CustomType = components['schemas']['CustomEventType'];
export type NewCustomType = operations['postCustomEventTypes']['requestBody']['content']['application/json'];
export type PublishedEvent = components['schemas']['PublishedEvent'];

export const customTypesQuery = listQuery(['custom-event-types'], {}, (cursor, signal) =>
  api.GET('/api/v1/custom-event-types', { params: { query: cursor }, signal }),
);

/** The list of all event types includes the custom ones. */
function useInvalidation() {
  const queries = useQueryClient();
  return {
    onSuccess: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ['custom-event-types'] }),
        queries.invalidateQueries({ queryKey: ['event-types'] }),
      ]),
  };
}

export const useCreateCustomType = () =>
  useMutation({
    mutationFn: (body: NewCustomType) => dataOf(api.POST('/api/v1/custom-event-types', { body })),
    ...useInvalidation(),
  });

export const useChangeCustomType = (name: string) =>
  useMutation({
    mutationFn: (change: Omit<NewCustomType, 'name'>) =>
      dataOf(api.PATCH('/api/v1/custom-event-types/{name}', { params: { path: { name } }, body: change })),
    ...useInvalidation(),
  });

export const useRemoveCustomType = (name: string) =>
  useMutation({
    mutationFn: () => dataOf(api.DELETE('/api/v1/custom-event-types/{name}', { params: { path: { name } } })),
    ...useInvalidation(),
  });

/** Publishes an event of a custom type; webhooks receive it like any other event. */
export function usePublishEvent() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { type: string; data: Record<string, unknown> }) =>
      dataOf(api.POST('/api/v1/events', { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['webhooks'] }),
  });
}
