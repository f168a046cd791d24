import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from './client.ts';
import type { components, operations } from './schema.d.ts';

export type LeadSettings = components['schemas']['LeadSettings'];
type Change = operations['patchLeadSettings']['requestBody']['content']['application/json'];

/** Whom leads go to that name no owner. */
export interface AssignmentRule {
  mode: LeadSettings['assignment']['mode'];
  /** Their ids, in the order of their turns. */
  members: string[];
}
export interface Assignment extends AssignmentRule {
  /** Other rules, for the leads of single sources. */
  sources: ({ source: string } & AssignmentRule)[];
}

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
