import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import { OBJECTS_KEY } from './object-queries.ts';
import type { components, operations } from './schema.d.ts';

/** A lead status; leads store its key. */
export type LeadStatus = components['schemas']['LeadStatus'];
export type LeadStatusChange =
  operations['patchLeadStatusesId']['requestBody']['content']['application/json'];

const KEY = ['lead-statuses'];

/** All statuses, in order; they are few and rarely change. */
const statusesQuery = queryOptions({
  queryKey: KEY,
  queryFn: async ({ signal }) => (await dataOf(api.GET('/api/v1/lead-statuses', { signal }))).data,
  staleTime: 60_000,
});

/** Empty until loaded. */
export function useLeadStatuses(): LeadStatus[] {
  const { data = NONE } = useQuery(statusesQuery);
  return data;
}

const NONE: LeadStatus[] = [];

function useInvalidation() {
  const queries = useQueryClient();
  return {
    onSuccess: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: KEY }),
        queries.invalidateQueries({ queryKey: OBJECTS_KEY }),
      ]),
  };
}

export const useAddLeadStatus = () =>
  useMutation({
    mutationFn: (body: Pick<LeadStatus, 'name' | 'kind'>) =>
      dataOf(api.POST('/api/v1/lead-statuses', { body })),
    ...useInvalidation(),
  });

export const useChangeLeadStatus = () =>
  useMutation({
    mutationFn: ({ id, change }: { id: string; change: LeadStatusChange }) =>
      dataOf(api.PATCH('/api/v1/lead-statuses/{id}', { params: { path: { id } }, body: change })),
    ...useInvalidation(),
  });

export const useRemoveLeadStatus = () =>
  useMutation({
    mutationFn: (id: string) =>
      dataOf(api.DELETE('/api/v1/lead-statuses/{id}', { params: { path: { id } } })),
    ...useInvalidation(),
  });
