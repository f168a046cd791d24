import { z } from 'zod';
import { pageQuery, pageShape } from '../../http/paging.ts';
import { route, type Route } from '../../http/route.ts';
import { filterShape, type FilterQuery } from '../../record/list-filter.ts';
import { SEARCH_BEHIND } from '../../record/record-routes.ts';
import { namedRecord } from '../../record/record-name.ts';
import {
  CARD_FIELDS,
  dealCards,
  dealTotals,
  lostReasons,
  type BoardParts,
  type CardQuery,
} from './deal-board.ts';
import { deal } from './deal.ts';

const PATH = '/api/v1/deals';

const searchBehind = z.boolean().optional().meta({ description: SEARCH_BEHIND });

const card = z
  .object({
    ...Object.fromEntries(CARD_FIELDS.map((name) => [name, deal.output.shape[name]! as z.ZodType])),
    contact: namedRecord,
    company: namedRecord,
  })
  .meta({ id: 'DealCard' });

const total = z
  .object({
    stage_id: z.uuid(),
    count: z.int().meta({ description: 'Deals, also those without a value.' }),
    values: z
      .array(
        z.object({
          currency: z.string(),
          value: z.number().meta({ description: 'Sum of the values in this currency.' }),
          weighted_value: z
            .number()
            .nullable()
            .meta({ description: 'The sum times the probability of the stage; null if that is not set.' }),
        }),
      )
      .meta({ description: 'By currency, of the deals that have a value.' }),
  })
  .meta({ id: 'DealTotal' });

/** What a board of deals reads: cards by page, and the totals of all stages at once. */
export function dealBoardRoutes(parts: BoardParts): Route[] {
  return [cardsRoute(parts), totalsRoute(parts), lostReasonsRoute(parts)];
}

const common = { method: 'GET', scope: 'deals:read', tag: 'deals' } as const;

function cardsRoute(parts: BoardParts): Route {
  return route<undefined, CardQuery>({
    ...common,
    path: `${PATH}/cards`,
    summary: 'List deals as cards',
    description:
      'A column of a board, with the names of contact and company: `stage_id=…&status=open`. Last updated first. Takes the filters of `GET /deals`.',
    query: pageQuery.extend(filterShape(deal)) as unknown as z.ZodType<CardQuery>,
    answers: { 200: pageShape(card).extend({ search_behind: searchBehind }) },
    async handle({ caller, query, url }) {
      return { status: 200, body: await dealCards(parts, { searcher: caller, query, url }) };
    },
  });
}

function totalsRoute(parts: BoardParts): Route {
  return route<undefined, FilterQuery>({
    ...common,
    path: `${PATH}/totals`,
    summary: 'Sum up deals by stage and currency',
    description:
      'All stages with deals in one response: `pipeline_id=…&status=open`. Takes the filters of `GET /deals`.',
    query: z.strictObject(filterShape(deal)),
    answers: { 200: z.object({ data: z.array(total), search_behind: searchBehind }) },
    async handle({ caller, query }) {
      const { text, isBehind } = await dealTotals(parts, caller, query);
      return { status: 200, body: `{"data":${text}${isBehind ? ',"search_behind":true' : ''}}` };
    },
  });
}

function lostReasonsRoute({ db }: BoardParts): Route {
  return route({
    ...common,
    path: `${PATH}/lost-reasons`,
    summary: 'List the reasons of lost deals',
    description:
      'Of the last 1,000 lost deals, most frequent first, at most 20; spellings are compared ignoring case.',
    answers: {
      200: z.object({ data: z.array(z.object({ reason: z.string(), count: z.int() })) }),
    },
    async handle({ caller }) {
      return { status: 200, body: { data: await lostReasons(db, caller.workspaceId) } };
    },
  });
}
