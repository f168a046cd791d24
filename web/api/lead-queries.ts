import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { ApiError, call, type Query } from './client.ts';
import { listQuery, type Page } from './list-query.ts';
import { cacheRecord, recordQueries } from './record-queries.ts';
import type { components, operations } from './schema.d.ts';

export type Lead = components['schemas']['Lead'];
export type LeadInput = operations['patchLeadsId']['requestBody']['content']['application/json'];

export const leads = recordQueries<Lead, LeadInput>('leads');

/** Those of one status, by its key, last changed first, and how many there are in all. */
export const leadColumnQuery = (status: string, filter: Query) =>
  infiniteQueryOptions({
    queryKey: [leads.plural, 'list', 'column', status, filter],
    queryFn: ({ pageParam: cursor, signal }) =>
      call<Page<Lead> & { total_count?: number }>('GET', '/leads', {
        query: {
          ...filter,
          status,
          sort: '-updated_at',
          limit: 25,
          cursor,
          count: cursor === undefined ? 'exact' : undefined,
        },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    select: ({ pages }) => ({
      leads: pages.flatMap((page) => page.data),
      total: pages[0]?.total_count ?? 0,
    }),
  });

/** The lead that has this number in the workspace; null where there is none. */
export const leadByNumberQuery = (number: string) =>
  queryOptions({
    queryKey: [leads.plural, 'number', number],
    queryFn: async ({ signal }) =>
      (await call<Page<Lead>>('GET', '/leads', { query: { number, limit: 1 }, signal })).data[0] ?? null,
  });

/** One arrival of a lead, as it came. */
export type LeadSubmission = components['schemas']['LeadSubmission'];

export const leadSubmissionsQuery = (leadId: string) =>
  listQuery<LeadSubmission>([leads.plural, 'submissions', leadId], `/leads/${leadId}/submissions`, {
    limit: 20,
  });

/** The leads that may be the same person, newest first; there are at most 50. */
export const leadDuplicatesQuery = (leadId: string) =>
  queryOptions({
    // Among the lists: a lead that changes may be like others from then on.
    queryKey: [leads.plural, 'list', 'duplicates', leadId],
    queryFn: async ({ signal }) =>
      (await call<Page<Lead>>('GET', `/leads/${leadId}/duplicates`, { signal })).data,
  });

/** What a lead is to become, beside a contact. */
export type Conversion = operations['postLeadsIdConvert']['requestBody']['content']['application/json'];

/** Rejects where somebody else changed the lead (412) or converted it (409) meanwhile; it is read again then. */
export function useConvertLead() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ lead, conversion }: { lead: Lead; conversion: Conversion }) =>
      call<components['schemas']['LeadConversion']>('POST', `/leads/${lead.id}/convert`, {
        body: conversion,
        ifMatch: lead.version,
      }),
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
