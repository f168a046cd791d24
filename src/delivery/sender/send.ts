import type { Clock } from '../../base/clock.ts';
import type { Connection, Exchange } from './connection.ts';
import { makeConnections, type Connections } from './connection-pool.ts';
import { decodedText } from './response-decompression.ts';
import { makeDial, type Target } from '../../net/dial.ts';
import { explainConnection } from '../../net/connection-failure.ts';
import { plainHost, type Guard } from '../../net/egress-guard.ts';
import { responseText, retryAfter, statusFailure, type Failure, type Outcome } from './send-outcome.ts';
import { requestBytes } from './http-request.ts';
import type { Resolver } from '../../net/resolver.ts';
import { ResponseReader } from './response-reader.ts';

/** One HTTP request to be made. */
export interface Outgoing {
  url: string;
  method: 'POST' | 'PUT' | 'PATCH';
  /** Sent unchanged. Host and Content-Length are added and must not be among them. */
  headers: Record<string, string>;
  /** The headers among them whose values are secrets of the webhook, by name. */
  custom?: Readonly<Record<string, string>>;
  body: string | Buffer;
  /** For everything up to the end of the answer's head: DNS, connection, request, headers. */
  timeoutMs: number;
  /** Called just before the request is written; if it returns false the attempt ends as `cancelled`. */
  mayGo?: () => boolean;
}

export interface Sender {
  /**
   * Makes one attempt. Never throws and never rejects: every failure is an outcome with a name. If `signal` fires it
   * ends as `cancelled`.
   */
  send(out: Outgoing, signal?: AbortSignal): Promise<Outcome>;
  /** The same without a promise. `done` is never called before this returns. */
  begin(out: Outgoing, signal: AbortSignal | undefined, done: (outcome: Outcome) => void): void;
  /** Accepts no more requests, and resolves once everything in flight has its outcome. */
  close(): Promise<void>;
}

/**
 * A safety net, not a throttle: as many as a worker can have under way in all. The lanes set the pace. Webhooks at
 * one host (those of an automation service) must not wait for those among them that hang.
 */
const MAX_PER_ORIGIN = 5_000;
const MAX_IDLE = 1_000;

/**
 * @param options.tls.ca certificates to trust instead of the usual ones, PEM
 * @param options.connectionsPerOrigin further attempts wait, within their own timeout
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
    perOrigin: options.connectionsPerOrigin ?? MAX_PER_ORIGIN,
    maxIdle: MAX_IDLE,
  });
  const read = cached(readUrl, 10_000);
  let inFlight = 0;
  let closing: (() => void) | null = null;

  function begin(out: Outgoing, signal: AbortSignal | undefined, done: (outcome: Outcome) => void): void {
    const refuse = (failure: Failure, detail: string) => queueMicrotask(() => done(unsent(failure, detail)));
    const place = read(out.url);
    if (!place) return refuse('bad_url', 'the URL cannot be read or is not http(s)');
    if (closing || signal?.aborted) return refuse('cancelled', 'stopped before it began');
    const request = requestBytes(out.method, place.path, place.host, out.headers, out.body);
    if (!request) return refuse('bad_request', BAD_HEADER);
    inFlight += 1;
    const attempt = new Attempt(out, request, place, clock, connections, signal, (outcome) => {
      inFlight -= 1;
      if (inFlight === 0) closing?.();
      done(outcome);
    });
    connections.acquire(place.target, attempt);
  }

  return {
    begin,
    send: (out, signal) => new Promise((resolve) => begin(out, signal, resolve)),

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
  /** As the Host header has it. */
  host: string;
  /** Path and query. */
  path: string;
}

const BAD_HEADER = 'a header has a character or a name that HTTP does not allow here';

/** Null for a URL that could not have been saved (`urlProblem`); the guard checks the rest. */
function readUrl(text: string): Place | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const secure = url.protocol === 'https:';
  if ((!secure && url.protocol !== 'http:') || url.username || url.password || url.port === '0') return null;
  const port = url.port ? Number(url.port) : secure ? 443 : 80;
  return {
    target: { origin: url.origin, secure, host: plainHost(url.hostname), port },
    host: url.host,
    path: url.pathname + url.search,
  };
}

/** Caches a function's results; clears the whole cache when it is full. */
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

/** The attempts under way that a signal would cancel. */
const attemptsBySignal = new WeakMap<AbortSignal, Set<Attempt>>();

/**
 * One listener for all attempts that share a signal: adding a listener walks all existing ones, 4.5 % of the work
 * with a thousand deliveries in flight.
 */
function attemptsUnder(signal: AbortSignal): Set<Attempt> {
  let siblings = attemptsBySignal.get(signal);
  if (!siblings) {
    const made = new Set<Attempt>();
    signal.addEventListener(
      'abort',
      () => {
        for (const attempt of made) attempt.cancel();
      },
      { once: true },
    );
    attemptsBySignal.set(signal, (siblings = made));
  }
  return siblings;
}

/** How long the body may take after the head of an answer; it is read only for the log. */
const BODY_MS = 2_000;

/**
 * One attempt from its start to its outcome. It uses one timer, no stream, and one promise at the end.
 *
 * The outcome is decided when the head of the answer has arrived: the receiver accepted the event or refused it,
 * whatever happens to the body. A connection whose body did not end well is not reused.
 *
 * The receiver may have closed a kept-alive connection just as the request was written. If it breaks before the first
 * byte of an answer, the attempt is made once more, on a new connection. The receiver may see it twice with the same
 * id, as with every delivery. After that byte nothing is sent again.
 */
class Attempt implements Exchange {
  done = false;
  /** Set by the second try. */
  wantsFresh = false;
  private connection: Connection | null = null;
  private timer: NodeJS.Timeout;
  private readonly response = new ResponseReader();
  private readonly startedAt: number;
  private readonly out: Outgoing;
  private readonly request: Buffer;
  private readonly place: Place;
  private readonly clock: Clock;
  private readonly connections: Connections;
  private readonly siblings: Set<Attempt> | undefined;
  private readonly finish: (outcome: Outcome) => void;

  constructor(
    out: Outgoing,
    request: Buffer,
    place: Place,
    clock: Clock,
    connections: Connections,
    signal: AbortSignal | undefined,
    finish: (outcome: Outcome) => void,
  ) {
    this.out = out;
    this.request = request;
    this.place = place;
    this.clock = clock;
    this.connections = connections;
    this.siblings = signal && attemptsUnder(signal);
    this.finish = finish;
    this.startedAt = clock.monotonic();
    this.timer = setTimeout(onDeadline, out.timeoutMs, this);
    this.siblings?.add(this);
  }

  remainingMs(): number {
    return this.startedAt + this.out.timeoutMs - this.clock.monotonic();
  }

  get mayGo(): boolean {
    return this.out.mayGo?.() ?? true;
  }

  connected(connection: Connection): void {
    this.connection = connection;
    connection.send(this.request);
  }

  received(chunk: Buffer): void {
    if (this.done) return;
    const { response } = this;
    const before = response.status;
    response.read(chunk);
    if (response.problem) this.fail(response.problem.failure, response.problem.detail);
    else if (response.ended) this.conclude();
    else if (before === null && response.status !== null) this.awaitBody();
  }

  failed(error: unknown): void {
    if (this.done) return;
    const { response, connection } = this;
    if (response.status !== null) return this.conclude();
    const { failure, detail } = explainConnection(error);
    const stale = failure === 'reset' && !response.begun && !connection!.fresh;
    if (!stale || this.wantsFresh) return this.fail(failure, detail);
    this.wantsFresh = true;
    this.connections.destroy(connection!);
    this.connection = null;
    this.connections.acquire(this.place.target, this);
  }

  /** The time for the head of the answer, or for its body, is over. */
  outOfTime(): void {
    if (this.response.status !== null) return this.conclude();
    const { connection } = this;
    const step = connection ? (connection.step ?? 'waiting for the answer') : 'waiting for a connection';
    this.fail('timeout', `timed out after ${this.out.timeoutMs} ms while ${step}`);
  }

  /** The process does not wait for it any longer. */
  cancel(): void {
    if (this.response.status !== null) this.conclude();
    else this.fail('cancelled', 'stopped before there was an answer');
  }

  private awaitBody(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(onDeadline, BODY_MS, this);
  }

  /** Ends the attempt with the outcome of its status. */
  private conclude(): void {
    if (this.done) return;
    const { response, connection } = this;
    const failure = statusFailure(response.status!);
    this.settle(failure, failure === 'bad_response' ? `status ${response.status} has no meaning` : null);
    // A receiver may answer before it has read the whole request, and then not read the rest.
    if (response.endedWell && connection!.flushed) this.connections.release(connection!, response.keepAliveS);
    else this.connections.destroy(connection!);
  }

  private fail(failure: Failure, detail: string): void {
    if (this.done) return;
    this.settle(failure, detail);
    if (this.connection) this.connections.destroy(this.connection);
  }

  private settle(failure: Failure | null, detail: string | null): void {
    this.done = true;
    clearTimeout(this.timer);
    this.siblings?.delete(this);
    const { status, kept, retryAfter: wait, isEncoded } = this.response;
    const outcome: Outcome = {
      ok: failure === null,
      failure,
      status,
      detail,
      responseBody: null,
      retryAfterMs: status === null ? null : retryAfter(wait, this.clock.now()),
      durationMs: Math.round(this.clock.monotonic() - this.startedAt),
    };
    if (isEncoded) {
      void decodedText(kept, this.response.codings).then((text) =>
        this.finish({ ...outcome, responseBody: text }),
      );
      return;
    }
    if (status !== null) outcome.responseBody = responseText(kept);
    this.finish(outcome);
  }
}

/**
 * A busy process sees its timers before its sockets: an answer that has already arrived gets one turn of the event
 * loop to be read.
 */
function onDeadline(attempt: Attempt): void {
  setImmediate(() => {
    if (!attempt.done) attempt.outOfTime();
  });
}
