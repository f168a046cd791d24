import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from './client.ts';
import type { components, operations } from './schema.d.ts';

export type LeadSettings = components['schemas']['LeadSettings'];
type Change = operations['patchLeadSettings']['requestBody']['content']['application/json'];

/** Whom leads go to that name no owner; those of single sources by rules of their own. */
export type Assignment = LeadSettings['assignment'];
/** One rule of it; the members' ids are in the order of their turns. */
export type AssignmentRule = Omit<Assignment, 'sources'>;

export const leadSettingsQuery = queryOptions({
  queryKey: ['lead-settings'],
  queryFn: ({ signal }) => call<LeadSettings>('GET', '/lead-settings', { signal }),
});

export function useChangeLeadSettings() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Change) => call<LeadSettings>('PATCH', '/lead-settings', { body }),
    onSuccess: (settings) => queries.setQueryData(leadSettingsQuery.queryKey, settings),
  });
}
