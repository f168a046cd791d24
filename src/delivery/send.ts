import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Clock } from '../base/clock.ts';
import { makeConnections, type Connection, type Connections, type Rider } from './connections.ts';
import { makeDial, type Target } from './dial.ts';
import { plainHost, type Guard } from './guard.ts';
import {
  explain,
  KEPT_BYTES,
  responseText,
  retryAfter,
  statusFailure,
  type Failure,
  type Outcome,
} from './outcome.ts';
import type { Resolver } from './resolver.ts';

/** One HTTP request to be made. */
export interface Outgoing {
  url: string;
  method: 'POST' | 'PUT' | 'PATCH';
  /** Sent as they are; Host and Content-Length are added and must not be among them. */
  headers: Record<string, string>;
  /** Those of the headers whose values are secrets of the webhook, by their names. */
  custom?: Readonly<Record<string, string>>;
  body: string | Buffer;
  /** For everything together: name, connection, headers and body. */
  timeoutMs: number;
  /** Asked just before the request is written; where it may not go any more it ends as `cancelled`. */
  mayGo?: () => boolean;
}

export interface Sender {
  /**
   * Makes one attempt. Never throws and never rejects: whatever goes wrong is an outcome with a name.
   * A signal that fires ends it as `cancelled`.
   */
  send(out: Outgoing, signal?: AbortSignal): Promise<Outcome>;
  /** Takes no more, and resolves once everything in flight has its outcome. */
  close(): Promise<void>;
}

/**
 * A safety net, not a throttle: as many as a worker can have under way in all. The lanes set the pace, and webhooks at one
 * host (those of an automation service) must not wait for the ones among them that hang.
 */
const PER_ORIGIN = 5_000;
const MAX_IDLE = 1_000;

/**
 * @param options.tls.ca certificates to trust instead of the usual ones, PEM
 * @param options.connectionsPerOrigin further attempts wait, within their own time
 */
export function makeSender(options: {
  guard: Guard;
  resolver: Resolver;
  clock: Clock;
  tls?: { ca?: string };
  connectionsPerOrigin?: number;
}): Sender {
  const { guard, resolver, clock } = options;
  const connections = makeConnections({
    dial: makeDial({ guard, resolver, clock, ca: options.tls?.ca }),
    perOrigin: options.connectionsPerOrigin ?? PER_ORIGIN,
    maxIdle: MAX_IDLE,
  });
  const read = cached(readUrl, 10_000);
  let inFlight = 0;
  let closing: (() => void) | null = null;

  return {
    send(out, signal) {
      const place = read(out.url);
      if (!place) return Promise.resolve(unsent('bad_url', 'the URL cannot be read or is not http(s)'));
      if (closing || signal?.aborted) return Promise.resolve(unsent('cancelled', 'stopped before it began'));
      inFlight += 1;
      return new Promise<Outcome>((resolve) => {
        const attempt = new Attempt(out, place, clock, connections, signal, (outcome) => {
          inFlight -= 1;
          if (inFlight === 0) closing?.();
          resolve(outcome);
        });
        connections.take(place.target, attempt);
      });
    },

    close() {
      return new Promise<void>((resolve) => {
        const before = closing;
        closing = () => {
          before?.();
          resolve();
        };
        connections.close();
        if (inFlight === 0) closing();
      });
    },
  };
}

interface Place {
  target: Target;
  /** Path and query. */
  path: string;
}

/** Null where the URL is one that could not have been saved (`urlProblem`); the guard judges the rest. */
function readUrl(text: string): Place | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const secure = url.protocol === 'https:';
  if ((!secure && url.protocol !== 'http:') || url.username || url.password || url.port === '0') return null;
  const port = url.port ? Number(url.port) : secure ? 443 : 80;
  return {
    target: { origin: url.origin, secure, host: plainHost(url.hostname), port },
    path: url.pathname + url.search,
  };
}

/** Remembers what a function answered; forgets all of it once that is much. */
function cached<T>(make: (key: string) => T, max: number): (key: string) => T {
  const known = new Map<string, T>();
  return (key) => {
    let value = known.get(key);
    if (value === undefined) {
      if (known.size >= max) known.clear();
      known.set(key, (value = make(key)));
    }
    return value;
  };
}

function unsent(failure: Failure, detail: string): Outcome {
  return {
    ok: false,
    failure,
    status: null,
    detail,
    responseBody: null,
    retryAfterMs: null,
    durationMs: 0,
  };
}

/** The attempts under way that a signal would end. */
const crews = new WeakMap<AbortSignal, Set<Attempt>>();

/**
 * One listener for all that share a signal: a signal walks all its listeners for each that is added, 4.5 % of
 * the work of a thousand deliveries in flight.
 */
function crewOf(signal: AbortSignal): Set<Attempt> {
  let crew = crews.get(signal);
  if (!crew) {
    const made = new Set<Attempt>();
    signal.addEventListener(
      'abort',
      () => {
        for (const attempt of made) attempt.cancel();
      },
      { once: true },
    );
    crews.set(signal, (crew = made));
  }
  return crew;
}

/** As much of an answer is read; what is larger still counts by its status, and ends the connection. */
const MAX_BODY = 64 * 1024;

/**
 * One attempt from its start to its outcome, as the handler that undici tells what happens. There is one
 * timer, no stream and no promise but the last: 27,000 requests a second on 2 cores shared with the receiver,
 * where undici's own `request` made 18,000.
 *
 * A 2xx whose body does not end in time is a `timeout`, with its status: one deadline covers connect,
 * headers and body. A body over 64 KiB is cut off there and the status decides.
 *
 * A kept-alive connection may have been closed by the receiver just as we wrote to it. Where it breaks
 * before any answer, the attempt is made once more, on a new one: the receiver may see it twice, with the
 * same id, as it may with every delivery.
 */
class Attempt implements Rider, Dispatcher.DispatchHandler {
  done = false;
  /** Set by the second try. */
  wantsFresh = false;
  private connection: Connection | null = null;
  private status: number | null = null;
  private retryAfterMs: number | null = null;
  private readonly kept: Buffer[] = [];
  private bytes = 0;
  private readonly startedAt: number;
  private readonly timer: NodeJS.Timeout;
  private readonly out: Outgoing;
  private readonly place: Place;
  private readonly clock: Clock;
  private readonly connections: Connections;
  private readonly crew: Set<Attempt> | undefined;
  private readonly finish: (outcome: Outcome) => void;

  constructor(
    out: Outgoing,
    place: Place,
    clock: Clock,
    connections: Connections,
    signal: AbortSignal | undefined,
    finish: (outcome: Outcome) => void,
  ) {
    this.out = out;
    this.place = place;
    this.clock = clock;
    this.connections = connections;
    this.crew = signal && crewOf(signal);
    this.finish = finish;
    this.startedAt = clock.monotonic();
    this.timer = setTimeout(onDeadline, out.timeoutMs, this);
    this.crew?.add(this);
  }

  remainingMs(): number {
    return this.startedAt + this.out.timeoutMs - this.clock.monotonic();
  }

  get mayGo(): boolean {
    return this.out.mayGo?.() ?? true;
  }

  board(connection: Connection): void {
    this.connection = connection;
    if (!connection.fresh && !this.mayGo) return this.cancel();
    const { method, headers, body } = this.out;
    connection.client.dispatch({ path: this.place.path, method, headers, body }, this);
  }

  /** Its presence tells undici to use the handler's newer methods. */
  onRequestStart(): void {}

  onResponseStart(_controller: unknown, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.status = status;
    const wait = headers['retry-after'];
    if (wait !== undefined) this.retryAfterMs = retryAfter(wait, this.clock.now());
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    if (this.done) return;
    if (this.bytes < KEPT_BYTES) this.kept.push(chunk);
    this.bytes += chunk.length;
    if (this.bytes > MAX_BODY) this.answer(false);
  }

  onResponseEnd(): void {
    if (!this.done) this.answer(true);
  }

  onResponseError(_controller: unknown, error: Error): void {
    if (this.done) return;
    const { failure, detail } = explain(error);
    const stale = failure === 'reset' && this.status === null && !this.connection?.fresh;
    if (!stale || this.wantsFresh) return this.fail(failure, detail);
    this.wantsFresh = true;
    this.connections.drop(this.connection!);
    this.connection = null;
    this.connections.take(this.place.target, this);
  }

  /** Names what the attempt was doing when its time ran out. */
  outOfTime(): void {
    const { connection } = this;
    const step = !connection
      ? 'waiting for a connection'
      : (connection.dialling?.step ??
        (this.status === null ? 'waiting for the answer' : 'reading the body of the answer'));
    this.fail('timeout', `${this.out.timeoutMs} ms were over while ${step}`);
  }

  /** We do not wait for it any longer. */
  cancel(): void {
    this.fail('cancelled', 'stopped before there was an answer');
  }

  private answer(complete: boolean): void {
    const status = this.status!;
    const failure = statusFailure(status);
    const { connection } = this;
    this.settle(failure, failure === 'bad_response' ? `status ${status} has no meaning` : null);
    if (complete) this.connections.give(connection!);
    else this.connections.drop(connection!);
  }

  private fail(failure: Failure, detail: string): void {
    if (this.done) return;
    this.settle(failure, detail);
    if (this.connection) this.connections.drop(this.connection);
  }

  private settle(failure: Failure | null, detail: string | null): void {
    this.done = true;
    clearTimeout(this.timer);
    this.crew?.delete(this);
    this.finish({
      ok: failure === null,
      failure,
      status: this.status,
      detail,
      responseBody: this.status === null ? null : responseText(this.kept),
      retryAfterMs: this.retryAfterMs,
      durationMs: Math.round(this.clock.monotonic() - this.startedAt),
    });
  }
}

/**
 * A process that was busy sees its timers before its sockets: an answer that is already here gets one
 * turn of the event loop to be read.
 */
function onDeadline(attempt: Attempt): void {
  setImmediate(() => {
    if (!attempt.done) attempt.outOfTime();
  });
}
