import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call, type Query } from './client.ts';
import type { components } from './schema.d.ts';

/** What the leads of a time came to. */
export type LeadFigures = components['schemas']['LeadFigures'];

export const leadFiguresQuery = (query: Query) =>
  queryOptions({
    queryKey: ['leads', 'figures', query],
    queryFn: ({ signal }) => call<LeadFigures>('GET', '/analytics/leads', { base: '', query, signal }),
    // The figures of before stay until those of another time are there.
    placeholderData: keepPreviousData,
  });
