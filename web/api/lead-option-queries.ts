import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import { listQuery } from './list-query.ts';
import { OBJECTS_KEY } from './object-queries.ts';
import type { operations } from './schema.d.ts';

/** A lead source or lead event type of the workspace. */
export type LeadOption =
  operations['getLeadSources']['responses'][200]['content']['application/json']['data'][number];

/** As in the API paths. */
export type LeadOptionKind = 'lead-sources' | 'lead-event-types';

export const leadOptionsQuery = (kind: LeadOptionKind) =>
  listQuery([kind], { limit: 200 }, (cursor, signal) =>
    api.GET(`/api/v1/${kind}`, { params: { query: { limit: 200, ...cursor } }, signal }),
  );

/** The names of the workspace's lead sources or event types, sorted alphabetically. */
export function useLeadOptions(kind: LeadOptionKind): string[] {
  const { data = [] } = useInfiniteQuery(leadOptionsQuery(kind));
  return data.map(({ name }) => name).toSorted((item, other) => item.localeCompare(other));
}

function useInvalidation(kind: LeadOptionKind) {
  const queries = useQueryClient();
  return {
    onSuccess: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: [kind] }),
        queries.invalidateQueries({ queryKey: OBJECTS_KEY }),
      ]),
  };
}

export const useAddLeadOption = (kind: LeadOptionKind) =>
  useMutation({
    mutationFn: (body: { name: string }) => dataOf(api.POST(`/api/v1/${kind}`, { body })),
    ...useInvalidation(kind),
  });

export const useRenameLeadOption = (kind: LeadOptionKind) =>
  useMutation({
    mutationFn: ({ id, name }: { id: string; name: string }) =>
      dataOf(api.PATCH(`/api/v1/${kind}/{id}`, { params: { path: { id } }, body: { name } })),
    ...useInvalidation(kind),
  });

export const useRemoveLeadOption = (kind: LeadOptionKind) =>
  useMutation({
    mutationFn: (id: string) => dataOf(api.DELETE(`/api/v1/${kind}/{id}`, { params: { path: { id } } })),
    ...useInvalidation(kind),
  });
