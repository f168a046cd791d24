import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, dataOf, type Query } from './client.ts';
import type { components } from './schema.d.ts';

/** Lead figures of a period. */
export type LeadFigures = components['schemas']['LeadFigures'];

export const leadFiguresQuery = (query: Query) =>
  queryOptions({
    queryKey: ['leads', 'figures', query],
    queryFn: ({ signal }) => dataOf(api.GET('/analytics/leads', { params: { query }, signal })),
    // Keeps the previous figures on screen while a new period loads.
    placeholderData: keepPreviousData,
  });
