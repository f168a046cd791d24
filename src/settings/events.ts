import { z } from 'zod';
import type { Caller } from '../account/caller.ts';
import type { Vigil } from '../account/vigil.ts';
import { ApiError, invalid, unavailable } from '../base/errors.ts';
import { prefixed, unprefixed, type Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import type { Catalogue } from '../delivery/event.ts';
import { getEvent, lastEvent, placeAfter, readFeed, type FeedPage, type Wanted } from '../delivery/feed.ts';
import type { Tail } from '../delivery/tail.ts';
import { route, type Route } from '../http/route.ts';

export interface EventRouteParts {
  db: Database;
  catalogue: Catalogue;
  tail: Tail;
  vigil: Vigil;
}

const EVENT_ID = /^evt_[0-9a-f]{32}$/;
/** In place of an id: only what is to come. */
const LATEST = 'latest';
const LONGEST_WAIT_S = 30;
/** Requests that may wait at once: of one key or person, and in a process. */
const MOST_WAITING_EACH = 10;
const MOST_WAITING = 2_000;
/** How long a revoked key may go on waiting, in milliseconds. */
const WATCH_EVERY_MS = 1_000;

const query = z.strictObject({
  after: z
    .union([z.literal(LATEST), z.string().regex(EVENT_ID)], 'must be the id of an event, or latest')
    .optional()
    .meta({
      description:
        'Goes on after this event: `next_after` of the page before. `latest`: after the last there is now. Left out: from the oldest kept.',
    }),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  types: z
    .string()
    .max(5000)
    .optional()
    .meta({ description: 'Only these event types, separated by commas.', examples: ['contact.created'] }),
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
export function eventRoutes({ db, catalogue, tail, vigil }: EventRouteParts): Route[] {
  const reading = { method: 'GET', scope: 'events:read', tag: 'events' } as const;
  const waiting = new Map<Uuid, number>();

  const list = route<undefined, Query>({
    ...reading,
    path: '/api/v1/events',
    summary: 'Read the feed of events',
    description:
      'In the order in which they took effect, oldest first; following `next_after`, every event is seen once and none is skipped. 410 where what comes after `after` is no longer all kept.',
    query,
    answers: { 200: feedShape },
    async handle({ caller, query: asked, client }) {
      const { after, place } = await start(caller.workspaceId, asked.after);
      const wanted = { limit: asked.limit, types: typesOf(asked.types), unmatched: asked.matched === 'none' };
      const page =
        asked.wait === 0
          ? await read(caller, place, wanted)
          : await counted(caller, () => follow(caller, place, wanted, asked.wait * 1000, client.gone()));
      const next = page.reached?.id ?? after;
      return {
        status: 200,
        body: { data: page.events, has_more: page.hasMore, next_after: next && prefixed('evt', next) },
      };
    },
  });

  const get = route({
    ...reading,
    path: '/api/v1/events/:id',
    params: { id: EVENT_ID },
    summary: 'Get an event',
    description: 'With how many webhooks it matched, and the reason where one, or none, wanted it.',
    answers: { 200: eventShape },
    async handle({ caller, params }) {
      const event = await getEvent(db, caller.workspaceId, unprefixed('evt', params['id']!)!);
      if (!event) throw new ApiError('not_found', 'There is no event with this id, or it is no longer kept.');
      return { status: 200, body: event };
    },
  });

  return [list, get];

  /** The event to go on after, null for none, and its place. */
  async function start(
    workspaceId: Uuid,
    asked: string | undefined,
  ): Promise<{ after: Uuid | null; place: number }> {
    const last = asked === LATEST ? await lastEvent(db, workspaceId) : null;
    if (last) return { after: last.id, place: last.seq };
    const after = asked === undefined || asked === LATEST ? null : unprefixed('evt', asked);
    const place = await placeAfter(db, workspaceId, after);
    if (place === 'gone') throw gone();
    return { after, place };
  }

  async function read(caller: Caller, place: number, wanted: Wanted): Promise<FeedPage> {
    const page = await readFeed(db, caller.workspaceId, place, wanted);
    if (page === 'gone') throw gone();
    return page;
  }

  /** Reads on until there is something to tell, the time is over, the client has left, or the process stops. */
  async function follow(
    caller: Caller,
    from: number,
    wanted: Wanted,
    ms: number,
    signal: AbortSignal,
  ): Promise<FeedPage> {
    const until = performance.now() + ms;
    let page = await read(caller, from, wanted);
    let { reached } = page;
    for (;;) {
      const left = until - performance.now();
      if (page.events.length > 0 || page.hasMore || left <= 0 || tail.stopped || signal.aborted)
        return { ...page, reached };
      const place = reached?.seq ?? from;
      const grown = await tail.beyond(caller.workspaceId, place, Math.min(left, WATCH_EVERY_MS), signal);
      if (!(await vigil.holds(caller)))
        throw new ApiError('unauthorized', 'The API key was revoked, or the session ended, meanwhile.');
      if (!grown) continue;
      page = await read(caller, place, wanted);
      reached = page.reached ?? reached;
    }
  }

  /** Runs what waits, where there is room for one more. */
  async function counted<T>({ identity }: Caller, work: () => Promise<T>): Promise<T> {
    const own = waiting.get(identity) ?? 0;
    if (own >= MOST_WAITING_EACH) {
      const message = `${MOST_WAITING_EACH} requests of this key wait for events already.`;
      throw new ApiError('rate_limited', message, { retryAfter: 1 });
    }
    if (tail.waiting >= MOST_WAITING) throw unavailable('Too many requests wait for events.');
    waiting.set(identity, own + 1);
    try {
      return await work();
    } finally {
      const left = waiting.get(identity)! - 1;
      if (left > 0) waiting.set(identity, left);
      else waiting.delete(identity);
    }
  }

  function typesOf(text: string | undefined): string[] | null {
    if (text === undefined) return null;
    const names = text.split(',').map((name) => name.trim());
    const unknown = names.find((name) => !catalogue.type(name));
    if (unknown !== undefined)
      throw invalid('types', `"${unknown.slice(0, 100)}" is not an event type; see GET /api/v1/event-types`);
    return names;
  }
}

function gone(): ApiError {
  const message = 'is not in the feed, or what came after it is no longer all kept; begin again without it';
  return new ApiError('gone', `after: ${message}`, { fields: [{ field: 'after', message }] });
}
