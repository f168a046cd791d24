import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from './client.ts';
import type { components } from './schema.d.ts';

export type LeadSettings = components['schemas']['LeadSettings'];

export const leadSettingsQuery = queryOptions({
  queryKey: ['lead-settings'],
  queryFn: ({ signal }) => call<LeadSettings>('GET', '/lead-settings', { signal }),
});

export function useChangeLeadSettings() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { leads_per_hour: number | null }) =>
      call<LeadSettings>('PATCH', '/lead-settings', { body }),
    onSuccess: (settings) => queries.setQueryData(leadSettingsQuery.queryKey, settings),
  });
}
