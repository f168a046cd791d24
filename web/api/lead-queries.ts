import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { ApiError, api, dataOf, ifMatch, type Query } from './client.ts';
import { listQuery } from './list-query.ts';
import { cacheRecord, recordQueries } from './record-queries.ts';
import type { components, operations } from './schema.d.ts';

export type Lead = components['schemas']['Lead'];

export const leads = recordQueries('leads');

/** The leads of a status by its key, last updated first, with their total number. */
export const leadColumnQuery = (status: string, filter: Query) =>
  infiniteQueryOptions({
    queryKey: [leads.plural, 'list', 'column', status, filter],
    queryFn: ({ pageParam: cursor, signal }) =>
      dataOf(
        api.GET('/api/v1/leads', {
          params: {
            query: {
              ...filter,
              status,
              sort: '-updated_at',
              limit: 25,
              ...(cursor === undefined ? { count: 'exact' } : { cursor }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    select: ({ pages }) => ({
      leads: pages.flatMap((page) => page.data),
      total: pages[0]?.total_count ?? 0,
    }),
  });

/** The newest leads of a status by its key, with their total number. */
export const newestLeadsQuery = (status: string, limit: number) =>
  queryOptions({
    queryKey: [leads.plural, 'list', 'newest', status, limit],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/v1/leads', { params: { query: { status, limit, count: 'exact' } }, signal })),
  });

/** The lead with this number in the workspace; null if none exists. */
export const leadByNumberQuery = (number: string) =>
  queryOptions({
    queryKey: [leads.plural, 'number', number],
    queryFn: async ({ signal }) =>
      (
        await dataOf(
          // The number of a merged lead leads to its survivor.
          api.GET('/api/v1/leads', {
            params: { query: { number, limit: 1, include_deleted: 'true' } },
            signal,
          }),
        )
      ).data[0] ?? null,
  });

/** One submission of a lead, as received. */
export type LeadSubmission = components['schemas']['LeadSubmission'];

export const leadSubmissionsQuery = (leadId: string) =>
  listQuery(
    [leads.plural, 'submissions', leadId],
    {
      limit: 20,
    },
    (cursor, signal) =>
      api.GET('/api/v1/leads/{id}/submissions', {
        params: { path: { id: leadId }, query: { limit: 20, ...cursor } },
        signal,
      }),
  );

/** Possible duplicates of a lead, newest first, at most 50. */
export const leadDuplicatesQuery = (leadId: string) =>
  queryOptions({
    // Under the list key, so that a changed lead refetches them.
    queryKey: [leads.plural, 'list', 'duplicates', leadId],
    queryFn: async ({ signal }) =>
      (await dataOf(api.GET('/api/v1/leads/{id}/duplicates', { params: { path: { id: leadId } }, signal })))
        .data,
  });

/** The options of a conversion: company, deal, contact update. */
export type Conversion = operations['postLeadsIdConvert']['requestBody']['content']['application/json'];

/** Rejects if another user changed (412) or converted (409) the lead first, and then refetches it. */
export function useConvertLead() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ lead, conversion }: { lead: Lead; conversion: Conversion }) =>
      dataOf(
        api.POST('/api/v1/leads/{id}/convert', {
          params: { path: { id: lead.id }, header: ifMatch(lead.version) },
          body: conversion,
        }),
      ),
    async onSuccess({ lead }) {
      await cacheRecord(queries, leads, lead);
      for (const plural of ['contacts', 'companies', 'deals'])
        void queries.invalidateQueries({ queryKey: [plural] });
    },
    async onError(error, { lead }) {
      if (!isConcurrentChange(error)) return;
      await queries.invalidateQueries(leads.detail(lead.id));
      await queries.invalidateQueries({ queryKey: [leads.plural, 'list'] });
    },
  });
}

function isConcurrentChange(error: Error): boolean {
  return error instanceof ApiError && (error.status === 409 || error.status === 412);
}
