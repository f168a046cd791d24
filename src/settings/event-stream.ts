import { z } from 'zod';
import { ApiError, invalid } from '../base/errors.ts';
import { prefixed, type Uuid } from '../base/id.ts';
import { jsonOf } from '../base/json-text.ts';
import type { EventView, FeedPage, Wanted } from '../events/feed.ts';
import { route, type Route } from '../http/route.ts';
import {
  EVENT_ID,
  LATEST,
  OLDEST,
  READ_SCOPE,
  READING_REFUSALS,
  type EventReading,
  type Watched,
} from './event-reading.ts';
import { afterField, typesField } from './events.ts';

/** Something is told at least so often, in milliseconds: proxies close a connection that is still. */
const HEARTBEAT_MS = 15_000;
/** Events in memory for one reader, at most. */
const PAGE = 50;
/** The right to read is checked for each piece of about so many characters: a slow reader may take long over a page. */
const PIECE_LENGTH = 65_536;
/** How soon a browser comes back that was cut off, in milliseconds. */
const RETRY_MS = 1_000;

const query = z.strictObject({
  after: afterField.meta({
    description:
      'Goes on after this event; a `Last-Event-ID` header goes before it. `latest`: after the last there is now. `oldest`, or left out: from the oldest kept.',
  }),
  types: typesField,
});

const streamShape = z.string().meta({
  description:
    'Server-sent events: `id` is the id of the event, `event` its type, `data` the event as the feed has it, in one line. A block with an `id` alone says how far was read. A comment comes at least every 15 seconds. `event: gone` is the last there is where what comes next is no longer kept.',
});

/** The feed as server-sent events: the same order, the same promise. */
export function eventStreamRoutes(reading: EventReading): Route[] {
  return [
    route<undefined, z.output<typeof query>>({
      method: 'GET',
      path: '/api/v1/events/stream',
      scope: READ_SCOPE,
      tag: 'events',
      summary: 'Follow the feed of events as a stream',
      description:
        'For a browser, or whoever would rather be told than ask. Taken up again with `Last-Event-ID`, it skips nothing. It counts among the requests that wait, and ends when the key is revoked or loses the scope.',
      query,
      streams: 'text/event-stream',
      answers: { 200: streamShape, ...READING_REFUSALS },
      async handle({ caller, query: requested, client }) {
        const from = await reading.start(caller.workspaceId, lastSeen(client.lastEventId) ?? requested.after);
        const wanted = {
          limit: PAGE,
          types: await reading.typesOf(caller.workspaceId, requested.types),
          unmatched: false,
        };
        const watched = reading.watch(caller, client);
        return {
          status: 200,
          body: null,
          headers: { 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
          stream: {
            pieces: piecesOf(reading, caller.workspaceId, from, wanted, watched),
            until: watched.signal,
          },
        };
      },
    }),
  ];
}

/** What a client says in Last-Event-ID it has seen; it says nothing, or '', where it has seen none. */
function lastSeen(header: string | undefined): string | undefined {
  if (header === undefined || header === '') return undefined;
  if (EVENT_ID.test(header) || header === OLDEST || header === LATEST) return header;
  throw invalid('Last-Event-ID', 'must be the id of an event');
}

async function* piecesOf(
  reading: EventReading,
  workspaceId: Uuid,
  from: { after: Uuid | null; place: number },
  wanted: Wanted,
  watched: Watched,
): AsyncGenerator<string> {
  const { signal } = watched;
  try {
    // At once, and with a place to come back to: otherwise one that began with `latest` would miss what happens
    // between an end that comes before the first event and its return.
    yield `retry: ${RETRY_MS}\nid: ${idOf(from.after)}\n\n`;
    let { place } = from;
    while (!signal.aborted) {
      const page = await reading.follow(workspaceId, place, wanted, HEARTBEAT_MS, signal);
      for (const piece of renderedPage(page)) {
        await watched.check();
        yield piece;
      }
      place = page.reached?.seq ?? place;
    }
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof ApiError) || error.code !== 'gone') throw error;
    yield `event: gone\ndata: ${JSON.stringify({ error: { code: error.code, message: error.message } })}\n\n`;
  } finally {
    watched.end();
  }
}

/** A page as blocks, several in a piece. */
function* renderedPage({ events, reached }: FeedPage): Generator<string> {
  let piece = '';
  for (const event of events) {
    piece += block(event);
    if (piece.length < PIECE_LENGTH) continue;
    yield piece;
    piece = '';
  }
  // What was passed over as unwanted need not be looked at again, and may be gone by then.
  if (reached && events.at(-1)?.seq !== reached.seq) piece += `: so far\nid: ${idOf(reached.id)}\n\n`;
  else if (events.length === 0) piece = ': nothing new\n\n';
  if (piece !== '') yield piece;
}

function block(event: EventView): string {
  return `id: ${event.id}\nevent: ${event.type}\ndata: ${jsonOf(event).replaceAll(/[\r\n]/g, ' ')}\n\n`;
}

function idOf(event: Uuid | null): string {
  return event === null ? OLDEST : prefixed('evt', event);
}
