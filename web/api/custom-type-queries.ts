import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from './client.ts';
import { listQuery } from './list-query.ts';
import type { components, operations } from './schema.d.ts';

/** An event type defined by the workspace. */
export type CustomType = components['schemas']['CustomEventType'];
export type NewCustomType = operations['postCustomEventTypes']['requestBody']['content']['application/json'];
export type PublishedEvent = components['schemas']['PublishedEvent'];

const PATH = '/custom-event-types';

export const customTypesQuery = listQuery<CustomType>(['custom-event-types'], PATH);

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
    mutationFn: (body: NewCustomType) => call<CustomType>('POST', PATH, { body }),
    ...useInvalidation(),
  });

export const useChangeCustomType = (name: string) =>
  useMutation({
    mutationFn: (change: Omit<NewCustomType, 'name'>) =>
      call<CustomType>('PATCH', `${PATH}/${name}`, { body: change }),
    ...useInvalidation(),
  });

export const useRemoveCustomType = (name: string) =>
  useMutation({ mutationFn: () => call<void>('DELETE', `${PATH}/${name}`), ...useInvalidation() });

/** Publishes an event of a custom type; webhooks receive it like any other event. */
export function usePublishEvent() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { type: string; data: Record<string, unknown> }) =>
      call<PublishedEvent>('POST', '/events', { body }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['webhooks'] }),
  });
}
