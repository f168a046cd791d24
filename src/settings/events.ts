import { z } from 'zod';
import { ApiError } from '../base/errors.ts';
import { prefixed, unprefixed } from '../base/id.ts';
import { jsonOf } from '../base/json-text.ts';
import type { Database } from '../db/pool.ts';
import { getEvent } from '../events/feed.ts';
import { route, type Route } from '../http/route.ts';
import {
  EVENT_ID,
  LATEST,
  OLDEST,
  READ_SCOPE,
  READING_REFUSALS,
  type EventReading,
} from './event-reading.ts';

const LONGEST_WAIT_S = 30;

/** Where in the feed to begin. */
export const afterField = z
  .union([z.literal([LATEST, OLDEST]), z.string().regex(EVENT_ID)], {
    error: 'must be the id of an event, latest or oldest',
  })
  .optional();

export const typesField = z
  .string()
  .max(5000)
  .optional()
  .meta({ description: 'Only these event types, separated by commas.', examples: ['contact.created'] });

const query = z.strictObject({
  after: afterField.meta({
    description:
      'Goes on after this event: `next_after` of the page before. `latest`: after the last there is now. `oldest`, or left out: from the oldest kept.',
  }),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  types: typesField,
  matched: z.literal('none').optional().meta({ description: 'Only events that no webhook was given.' }),
  wait: z.coerce.number().min(0).max(LONGEST_WAIT_S).default(0).meta({
    description: 'How long to wait for an event where there is none yet, in seconds.',
  }),
});
type Query = z.output<typeof query>;

export const eventShape = z
  .object({
    id: z.string().meta({ description: 'As webhooks carry it.' }),
    type: z.string(),
    seq: z.int().nullable().meta({ description: 'Its place in the feed; null for a test.' }),
    occurred_at: z.iso.datetime(),
    object_type: z.string(),
    object_id: z.uuid(),
    actor: z.string().meta({ description: 'Who did it, as in `api_key:<id>`.' }),
    data: z.record(z.string(), z.unknown()).meta({ description: 'The whole record as it was then.' }),
    context: z.record(z.string(), z.unknown()).nullable().meta({
      description: 'What it tells beside the record, such as the stages that a deal moved between.',
    }),
    matched: z.int().meta({ description: 'How many webhooks it was given to.' }),
    reason: z.string().nullable().meta({ description: 'Why a webhook was not given it.' }),
  })
  .meta({ id: 'Event' });

const feedShape = z.object({
  data: z.array(eventShape),
  has_more: z.boolean().meta({ description: 'Go on at once; otherwise later, or with `wait`.' }),
  next_after: z
    .string()
    .nullable()
    .meta({ description: 'Where to go on; null where there never was an event.' }),
});

/** Events by API: the feed, which skips nothing, and one event with what became of it. */
export function eventRoutes(db: Database, reading: EventReading): Route[] {
  const common = { method: 'GET', scope: READ_SCOPE, tag: 'events' } as const;
  return [
    route<undefined, Query>({
      ...common,
      path: '/api/v1/events',
      summary: 'Read the feed of events',
      description:
        'In the order in which they took effect, oldest first; following `next_after`, every event is seen once and none is skipped. 410 where what comes after `after` is no longer all kept.',
      query,
      answers: { 200: feedShape, ...READING_REFUSALS },
      async handle({ caller, query: requested, client }) {
        const { workspaceId } = caller;
        const { after, place } = await reading.start(workspaceId, requested.after);
        const wanted = {
          limit: requested.limit,
          types: await reading.typesOf(workspaceId, requested.types),
          unmatched: requested.matched === 'none',
        };
        const page = await (requested.wait === 0 ? reading.read(workspaceId, place, wanted) : wait());
        const next = page.reached?.id ?? after;
        return {
          status: 200,
          body: jsonOf({
            data: page.events,
            has_more: page.hasMore,
            next_after: next && prefixed('evt', next),
          }),
        };

        async function wait() {
          const watched = reading.watch(caller, client);
          try {
            const found = await reading.follow(
              workspaceId,
              place,
              wanted,
              requested.wait * 1000,
              watched.signal,
            );
            await watched.check();
            return found;
          } finally {
            watched.end();
          }
        }
      },
    }),

    route({
      ...common,
      path: '/api/v1/events/:id',
      params: { id: EVENT_ID },
      summary: 'Get an event',
      description: 'With how many webhooks it matched, and the reason where one, or none, wanted it.',
      answers: { 200: eventShape },
      async handle({ caller, params }) {
        const event = await getEvent(db, caller.workspaceId, unprefixed('evt', params['id']!)!);
        if (!event)
          throw new ApiError('not_found', 'There is no event with this id, or it is no longer kept.');
        return { status: 200, body: jsonOf(event) };
      },
    }),
  ];
}
