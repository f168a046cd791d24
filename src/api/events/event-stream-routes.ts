import { z } from 'zod';
import { ApiError, invalid } from '../../base/errors.ts';
import { prefixed, type Uuid } from '../../base/id.ts';
import { jsonOf } from '../../base/json-text.ts';
import type { EventView, FeedPage, Wanted } from '../../events/feed.ts';
import { route, type Route } from '../../http/route.ts';
import {
  EVENT_ID,
  LATEST,
  OLDEST,
  READ_SCOPE,
  READING_REFUSALS,
  type EventReading,
  type Watched,
} from './feed-reader.ts';
import { afterField, typesField } from './event-routes.ts';

/** Maximum time between pieces, in milliseconds: proxies close idle connections. */
const HEARTBEAT_MS = 15_000;
/** Maximum number of events in memory for one reader. */
const PAGE = 50;
/** Access is rechecked for each piece of about this many characters: a slow reader may take long over a page. */
const PIECE_LENGTH = 65_536;
/** The reconnection delay for browsers, in milliseconds. */
const RETRY_MS = 1_000;

const query = z.strictObject({
  after: afterField.meta({
    description:
      'Continues after this event; a `Last-Event-ID` header takes precedence. `latest`: after the latest event. `oldest`, or missing: from the oldest kept event.',
  }),
  types: typesField,
});

const streamShape = z.string().meta({
  description:
    'Server-sent events: `id` is the id of the event, `event` its type, `data` the event as in the feed, in one line. A block with only an `id` reports progress. A comment is sent at least every 15 seconds. `event: gone` ends the stream if the next events are no longer kept.',
});

/** The feed as server-sent events, with the same order and guarantees. */
export function eventStreamRoutes(reading: EventReading): Route[] {
  return [
    route<undefined, z.output<typeof query>>({
      method: 'GET',
      path: '/api/v1/events/stream',
      scope: READ_SCOPE,
      tag: 'events',
      summary: 'Follow the feed of events as a stream',
      description:
        'For browsers and clients that prefer push to polling. Resumed with `Last-Event-ID`, it skips no event. It counts as a waiting request, and ends when the key is revoked or loses the scope.',
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

/** The last event that the client has received, from Last-Event-ID; missing or '' if it has received none. */
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
    // Sent at once, with an id to resume from: otherwise a client that started with `latest` and disconnects
    // before the first event would miss the events until it reconnects.
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

/** Formats a page as blocks, several in a piece. */
function* renderedPage({ events, reached }: FeedPage): Generator<string> {
  let piece = '';
  for (const event of events) {
    piece += block(event);
    if (piece.length < PIECE_LENGTH) continue;
    yield piece;
    piece = '';
  }
  // Skipped events need not be read again on resume, and may be deleted by then.
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
