import { z } from 'zod';
import { ApiError } from '../../base/errors.ts';
import { prefixed, unprefixed } from '../../base/id.ts';
import { jsonOf } from '../../base/json-text.ts';
import type { Database } from '../../db/pool.ts';
import { getEvent } from '../../events/feed.ts';
import { route, type Route } from '../../http/route.ts';
import { EVENT_ID, LATEST, OLDEST, READ_SCOPE, READING_REFUSALS, type EventReading } from './feed-reader.ts';

const MAX_WAIT_S = 30;

/** The starting position in the feed. */
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
      'Continues after this event: `next_after` of the previous page. `latest`: after the latest event. `oldest`, or missing: from the oldest kept event.',
  }),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  types: typesField,
  matched: z.literal('none').optional().meta({ description: 'Only events that matched no webhook.' }),
  wait: z.coerce.number().min(0).max(MAX_WAIT_S).default(0).meta({
    description: 'How long to wait for an event if there is none yet, in seconds.',
  }),
});
type Query = z.output<typeof query>;

export const eventShape = z
  .object({
    id: z.string().meta({ description: 'The event id, the same as in webhooks.' }),
    type: z.string(),
    seq: z.int().nullable().meta({ description: 'Its position in the feed; null for a test.' }),
    occurred_at: z.iso.datetime(),
    object_type: z.string(),
    object_id: z.uuid(),
    actor: z.string().meta({ description: 'Who caused it, such as `api_key:<id>`.' }),
    data: z
      .record(z.string(), z.unknown())
      .meta({ description: 'The whole record at the time of the event.' }),
    context: z.record(z.string(), z.unknown()).nullable().meta({
      description: 'Additional data, such as the stages of a moved deal.',
    }),
    matched: z.int().meta({ description: 'Number of webhooks that it matched.' }),
    reason: z.string().nullable().meta({ description: 'Why a webhook did not get it.' }),
  })
  .meta({ id: 'Event' });

const feedShape = z.object({
  data: z.array(eventShape),
  has_more: z.boolean().meta({ description: 'If true, read on at once; otherwise later, or with `wait`.' }),
  next_after: z
    .string()
    .nullable()
    .meta({ description: 'The position to continue from; null if there has never been an event.' }),
});

/** Event routes: the feed, which skips nothing, and single events with their deliveries. */
export function eventRoutes(db: Database, reading: EventReading): Route[] {
  const common = { method: 'GET', scope: READ_SCOPE, tag: 'events' } as const;
  return [
    route<undefined, Query>({
      ...common,
      path: '/api/v1/events',
      summary: 'Read the feed of events',
      description:
        'In commit order, oldest first; following `next_after`, every event is returned once and none is skipped. 410 if the events after `after` are no longer all kept.',
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
      description: 'With the number of webhooks that it matched, and the reason if a webhook did not get it.',
      answers: { 200: eventShape },
      async handle({ caller, params }) {
        const event = await getEvent(db, caller.workspaceId, unprefixed('evt', params['id']!)!);
        if (!event) throw new ApiError('not_found', 'No event with this id, or it is no longer kept.');
        return { status: 200, body: jsonOf(event) };
      },
    }),
  ];
}
