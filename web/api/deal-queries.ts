import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, dataOf, type Query } from './client.ts';
import { recordQueries } from './record-queries.ts';
import type { components } from './schema.d.ts';

export type Deal = components['schemas']['Deal'];
/** A deal on the board, with the names of its contact and company. */
export type DealCard = components['schemas']['DealCard'];
/** The number of deals of a stage and the sums of their values by currency. */
export type DealTotal = components['schemas']['DealTotal'];

export const deals = recordQueries('deals');

/** Under the list key, so that a changed deal refetches it. */
const BOARD = [deals.plural, 'list', 'board'];

/** Shown at once when the window is focused again: somebody else may have moved a deal. */
const ALWAYS_FRESH = { staleTime: 0, refetchOnWindowFocus: 'always' } as const;

/** The open deals of a stage, last updated first. */
export const dealColumnQuery = (stageId: string, filter: Query) =>
  infiniteQueryOptions({
    queryKey: [...BOARD, 'column', stageId, filter],
    queryFn: ({ pageParam: cursor, signal }) =>
      dataOf(
        api.GET('/api/v1/deals/cards', {
          params: {
            query: {
              ...filter,
              stage_id: stageId,
              status: 'open',
              limit: 40,
              ...(cursor !== undefined && { cursor }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    select: ({ pages }) => distinct(pages.flatMap((page) => page.data)),
    ...ALWAYS_FRESH,
  });

/** A card that moves to the top while pages are read is on two of them. */
function distinct(cards: DealCard[]): DealCard[] {
  return [...new Map(cards.map((card) => [card.id, card])).values()];
}

/** The totals of the open deals of a pipeline, by stage. */
export const dealTotalsQuery = (pipelineId: string, filter: Query) =>
  queryOptions({
    queryKey: [...BOARD, 'totals', pipelineId, filter],
    queryFn: async ({ signal }) =>
      (
        await dataOf(
          api.GET('/api/v1/deals/totals', {
            params: { query: { ...filter, pipeline_id: pipelineId, status: 'open' } },
            signal,
          }),
        )
      ).data,
    ...ALWAYS_FRESH,
  });

/** The number of all deals of a pipeline, also closed ones, by stage. */
export const dealCountsQuery = (pipelineId: string) =>
  queryOptions({
    queryKey: [deals.plural, 'list', 'counts', pipelineId],
    queryFn: async ({ signal }) => {
      const { data } = await dataOf(
        api.GET('/api/v1/deals/totals', { params: { query: { pipeline_id: pipelineId } }, signal }),
      );
      return new Map(data.map(({ stage_id: id, count }) => [id, count]));
    },
    ...ALWAYS_FRESH,
  });

/** The reasons of lost deals, most frequent first. */
export const lostReasonsQuery = queryOptions({
  queryKey: [deals.plural, 'list', 'lost-reasons'],
  queryFn: async ({ signal }) =>
    (await dataOf(api.GET('/api/v1/deals/lost-reasons', { signal }))).data.map(({ reason }) => reason),
});
