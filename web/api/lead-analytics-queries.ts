import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call, type Query } from './client.ts';
import type { components } from './schema.d.ts';

/** Lead figures of a period. */
export type LeadFigures = components['schemas']['LeadFigures'];

export const leadFiguresQuery = (query: Query) =>
  queryOptions({
    queryKey: ['leads', 'figures', query],
    queryFn: ({ signal }) => call<LeadFigures>('GET', '/analytics/leads', { base: '', query, signal }),
    // Keeps the previous figures on screen while a new period loads.
    placeholderData: keepPreviousData,
  });
