import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import type { components, operations } from './schema.d.ts';

export type LeadSettings = components['schemas']['LeadSettings'];
type Change = operations['patchLeadSettings']['requestBody']['content']['application/json'];

/** Assigns leads without an owner; some sources may have their own rules. */
export type Assignment = LeadSettings['assignment'];
/** One assignment rule; the member ids are in rotation order. */
export type AssignmentRule = Omit<Assignment, 'sources'>;

export const leadSettingsQuery = queryOptions({
  queryKey: ['lead-settings'],
  queryFn: ({ signal }) => dataOf(api.GET('/api/v1/lead-settings', { signal })),
});

export function useChangeLeadSettings() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Change) => dataOf(api.PATCH('/api/v1/lead-settings', { body })),
    onSuccess: (settings) => queries.setQueryData(leadSettingsQuery.queryKey, settings),
  });
}
