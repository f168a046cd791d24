import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from './client.ts';
import { pagesOf } from './pages-of.ts';
import type { operations } from './schema.d.ts';

/** A word that the workspace has for its leads. */
export type LeadOption =
  operations['getLeadSources']['responses'][200]['content']['application/json']['data'][number];

/** As in the API's paths. */
export type LeadWordKind = 'lead-sources' | 'lead-event-types';

export const leadWordsQuery = (kind: LeadWordKind) => pagesOf<LeadOption>([kind], `/${kind}`, { limit: 200 });

function useThenReread(kind: LeadWordKind) {
  const queries = useQueryClient();
  return { onSuccess: () => queries.invalidateQueries({ queryKey: [kind] }) };
}

export const useAddLeadWord = (kind: LeadWordKind) =>
  useMutation({
    mutationFn: (body: { name: string }) => call<LeadOption>('POST', `/${kind}`, { body }),
    ...useThenReread(kind),
  });

export const useRenameLeadWord = (kind: LeadWordKind) =>
  useMutation({
    mutationFn: ({ id, name }: { id: string; name: string }) =>
      call<LeadOption>('PATCH', `/${kind}/${id}`, { body: { name } }),
    ...useThenReread(kind),
  });

export const useRemoveLeadWord = (kind: LeadWordKind) =>
  useMutation({
    mutationFn: (id: string) => call<void>('DELETE', `/${kind}/${id}`),
    ...useThenReread(kind),
  });
