import type { Caller } from '../../account/caller.ts';
import type { SessionRevalidation } from '../../account/session-revalidation.ts';
import { ApiError, invalid } from '../../base/errors.ts';
import { unprefixed, type Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import type { CustomTypes } from '../../events/custom-event-type.ts';
import { lastEvent, placeAfter, readFeed, type FeedPage, type Wanted } from '../../events/feed.ts';
import type { Tail } from '../../events/feed-poller.ts';
import { admit } from '../../http/authenticate.ts';
import type { ConcurrencyLimit } from '../../http/concurrency-limit.ts';
import type { Client } from '../../http/route.ts';

export interface ReadingParts {
  db: Database;
  unknownOf: CustomTypes['unknownOf'];
  tail: Tail;
  revalidation: SessionRevalidation;
  limit: ConcurrencyLimit;
}

/** The scope to read the feed. */
export const READ_SCOPE = 'events:read';

/** The errors of reading the feed, for the OpenAPI document. */
export const READING_REFUSALS = {
  400: 'A parameter is invalid.',
  401: 'The key or session is invalid, or became invalid while the request waited.',
  403: 'The scope, role or plan is insufficient, or became so while the request waited.',
  410: 'The events after this one are no longer all kept.',
  429: 'The rate limit of the plan is reached, or too many requests of this key or workspace are waiting for events.',
  503: 'Too many requests are waiting for events, or the database does not answer.',
};

export const EVENT_ID = /^evt_[0-9a-f]{32}$/i;
/** In place of an id: only future events; or, like a missing id, all events that are kept. */
export const LATEST = 'latest';
export const OLDEST = 'oldest';

/** How long a request that has lost its access may still wait, in milliseconds. */
const CHECK_EVERY_MS = 1_000;

/** A long request whose access is rechecked. */
export interface Watched {
  /** Aborts when the client disconnects, the key or session loses access to the feed, or the server stops. */
  signal: AbortSignal;
  /**
   * Checks in the store whether this request would be accepted now; call it after reading events and before
   * sending them. Throws the error of the refusal, or `unavailable`.
   */
  check(): Promise<void>;
  /** Ends the rechecks and releases the slot; also called when the client disconnects. */
  end(): void;
}

/** Reads the feed for requests that wait: page by page, or as a stream. */
export interface EventReading {
  /** The starting position: the event to continue after, null for none, and its position. Throws `gone`. */
  start(workspaceId: Uuid, after: string | undefined): Promise<{ after: Uuid | null; place: number }>;
  /** The next page. Throws `gone`. */
  read(workspaceId: Uuid, place: number, wanted: Wanted): Promise<FeedPage>;
  /** Reads on until there is an event, `ms` have passed, the signal aborts or the process stops. */
  follow(workspaceId: Uuid, from: number, wanted: Wanted, ms: number, signal: AbortSignal): Promise<FeedPage>;
  /** Reserves a slot for a waiting request. Throws `rate_limited` or `unavailable`. */
  watch(caller: Caller, client: Client): Watched;
  /** The names of event types in a list, null for all. Throws `validation_error`. */
  typesOf(workspaceId: Uuid, list: string | undefined): Promise<string[] | null>;
}

export function makeEventReading({ db, unknownOf, tail, revalidation, limit }: ReadingParts): EventReading {
  async function read(workspaceId: Uuid, place: number, wanted: Wanted): Promise<FeedPage> {
    const page = await readFeed(db, workspaceId, place, wanted);
    if (page === 'gone') throw gone();
    return page;
  }

  return {
    read,

    async start(workspaceId, requested) {
      const last = requested === LATEST ? await lastEvent(db, workspaceId) : null;
      if (last) return { after: last.id, place: last.seq };
      const named = requested !== undefined && requested !== LATEST && requested !== OLDEST;
      const after = named ? unprefixed('evt', requested) : null;
      const place = await placeAfter(db, workspaceId, after);
      if (place === 'gone') throw gone();
      return { after, place };
    },

    async follow(workspaceId, from, wanted, ms, signal) {
      const until = performance.now() + ms;
      let page = await read(workspaceId, from, wanted);
      let { reached } = page;
      for (;;) {
        const left = until - performance.now();
        if (page.events.length > 0 || page.hasMore || left <= 0 || tail.stopped || signal.aborted)
          return { ...page, reached };
        const place = reached?.seq ?? from;
        if (!(await tail.beyond(workspaceId, place, left, signal))) continue;
        page = await read(workspaceId, place, wanted);
        reached = page.reached ?? reached;
      }
    },

    watch(caller, client) {
      const release = limit.acquire(caller);
      const over = new AbortController();
      const left = client.gone();
      const check = async () => {
        try {
          admit(await revalidation.revalidate(caller), READ_SCOPE);
        } catch (error) {
          // If the database does not answer, access is not revoked, but nothing is sent.
          if (error instanceof ApiError && error.code !== 'unavailable') over.abort();
          throw error;
        }
      };
      const timer = setInterval(() => void check().catch(() => undefined), CHECK_EVERY_MS);
      const end = () => {
        clearInterval(timer);
        release();
      };
      const stop = () => {
        end();
        over.abort();
      };
      if (left.aborted) stop();
      left.addEventListener('abort', stop, { once: true });
      tail.ending.addEventListener('abort', () => over.abort(), { once: true, signal: over.signal });
      return { signal: over.signal, check, end };
    },

    async typesOf(workspaceId, list) {
      if (list === undefined) return null;
      const names = list.split(',').map((name) => name.trim());
      const unknown = await unknownOf(workspaceId, names);
      if (unknown !== undefined)
        throw invalid(
          'types',
          `"${unknown.slice(0, 100)}" is not an event type; see GET /api/v1/event-types`,
        );
      return names;
    },
  };
}

function gone(): ApiError {
  const message = 'is not in the feed, or the events after it are no longer all kept; start again without it';
  return new ApiError('gone', `after: ${message}`, { fields: [{ field: 'after', message }] });
}
