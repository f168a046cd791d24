import { z } from 'zod';
import { invalid } from '../../base/errors.ts';
import { unprefixed } from '../../base/id.ts';
import { jsonOf } from '../../base/json-text.ts';
import { instantOrDate } from '../../base/values/time.ts';
import { bindCursor, decodeCursor, encodeCursor, withCursor } from '../../db/page.ts';
import type { Database } from '../../db/pool.ts';
import { readEventLog } from '../../events/event-log.ts';
import type { CustomTypes } from '../../events/custom-event-type.ts';
import { pageQuery, pageShape } from '../../http/paging.ts';
import { route, type Route } from '../../http/route.ts';
import { eventShape } from './event-routes.ts';

const PATH = '/api/v1/event-log';

const query = pageQuery.extend({
  type: z.string().max(100).optional(),
  matched: z.literal('none').optional().meta({ description: 'Only events that matched no webhook.' }),
  'occurred_at[gte]': instantOrDate.optional(),
  'occurred_at[lt]': instantOrDate.optional(),
});
type Query = z.output<typeof query>;

export interface EventLogParts {
  db: Database;
  unknownOf: CustomTypes['unknownOf'];
}

/** All events, newest first, for people; programs follow the feed. */
export function eventLogRoutes({ db, unknownOf }: EventLogParts): Route[] {
  return [
    route<undefined, Query>({
      method: 'GET',
      path: PATH,
      scope: 'events:read',
      tag: 'events',
      summary: 'Search the event log',
      description:
        'Newest first, as long as events are kept. A page may be empty and still have a next page, if matches are rare.',
      query,
      answers: { 200: pageShape(eventShape) },
      async handle({ caller, query: requested, url }) {
        const type = requested.type ?? null;
        if (type !== null && (await unknownOf(caller.workspaceId, [type])) !== undefined)
          throw invalid('type', 'is not an event type; see GET /api/v1/event-types');
        const { events, next } = await readEventLog(db, caller.workspaceId, {
          limit: requested.limit,
          before: requested.cursor ? decodeCursor(requested.cursor, 'event-log').id : null,
          type,
          unmatched: requested.matched === 'none',
          from: msOf(requested['occurred_at[gte]']),
          until: msOf(requested['occurred_at[lt]']),
        });
        const cursor =
          next &&
          bindCursor(
            encodeCursor({ sort: 'event-log', value: next.occurred_at, id: unprefixed('evt', next.id)! }),
            url,
          );
        const body = {
          data: events,
          has_more: cursor !== null,
          next_cursor: cursor,
          next_url: cursor && withCursor(url, cursor),
        };
        return { status: 200, body: jsonOf(body) };
      },
    }),
  ];
}

function msOf(text: string | undefined): number | null {
  return text === undefined ? null : Date.parse(text);
}
