import { Client } from 'undici';
import type { Dial, Dialling, Target } from './dial.ts';
import { SendError } from './outcome.ts';

/** An attempt, as the connections see it: it waits for one, rides it alone, and hands it back or drops it. */
export interface Rider {
  /** Called once there is a connection, perhaps at once. */
  board(connection: Connection): void;
  /** True where it no longer wants one. */
  readonly done: boolean;
  /** True where one that was used before will not do. */
  readonly wantsFresh: boolean;
  /** Whether its request may still go out. */
  readonly mayGo: boolean;
  /** What is left of its time, in milliseconds. */
  remainingMs(): number;
}

/**
 * The pool of kept-alive connections, by origin. It stands in for undici's Agent and Pool, whose
 * connections belong to no request: a request cannot end the dialling it waits for, one that timed out in
 * the queue still has a connection opened for it, and none knows whether its connection was used before,
 * which decides whether a reset may be tried again.
 */
export interface Connections {
  /** Seats the rider on an idle connection, a new one, or, where the origin has its fill, the next one free. */
  take(target: Target, rider: Rider): void;
  /** The rider is through and the connection may carry another. */
  give(connection: Connection): void;
  /** Ends a connection, whatever it is doing. */
  drop(connection: Connection): void;
  /** Ends the idle ones, and every other as it is given back. */
  close(): void;
  /** How many there are, in use or not. */
  readonly count: number;
}

/** A connection, dialled when its first rider has boarded. */
export interface Connection {
  readonly origin: Origin;
  readonly client: Client;
  rider: Rider | null;
  /** True where it was opened for the present rider. */
  fresh: boolean;
  /** Set while it is being opened. */
  dialling: (Dialling & { stop(): void }) | null;
}

interface Origin {
  target: Target;
  idle: Connection[];
  open: number;
  waiting: Set<Rider>;
}

/** Kept this long without a rider, or less where the receiver says so (`Keep-Alive: timeout=5`). */
const KEEP_ALIVE_MS = 10_000;

export function makeConnections(options: {
  dial: Dial;
  /** At most so many connections to one origin. */
  perOrigin: number;
  /** At most so many without a rider, in all. */
  maxIdle: number;
}): Connections {
  const origins = new Map<string, Origin>();
  let idle = 0;
  let closed = false;

  function originOf(target: Target): Origin {
    let origin = origins.get(target.origin);
    if (!origin) {
      origin = { target, idle: [], open: 0, waiting: new Set() };
      origins.set(target.origin, origin);
    }
    return origin;
  }

  function open(origin: Origin): Connection {
    origin.open += 1;
    const connection = makeConnection(origin, options.dial);
    connection.client.on('disconnect', () => {
      if (!connection.rider) drop(connection);
    });
    return connection;
  }

  function drop(connection: Connection): void {
    const { origin, client } = connection;
    if (client.destroyed) return;
    const at = origin.idle.indexOf(connection);
    if (at >= 0) {
      origin.idle.splice(at, 1);
      idle -= 1;
    }
    connection.dialling?.stop();
    void client.destroy(null);
    origin.open -= 1;
    const next = firstOf(origin.waiting);
    if (next) seat(open(origin), next);
    else if (origin.open === 0) origins.delete(origin.target.origin);
  }

  function give(connection: Connection): void {
    if (connection.client.destroyed) return;
    const { origin } = connection;
    const next = firstOf(origin.waiting);
    if (next) {
      // undici is still in the middle of the answer that just ended; the next one starts after it.
      connection.rider = next;
      setImmediate(() => (next.done ? give(connection) : seat(connection, next)));
      return;
    }
    connection.rider = null;
    if (closed || idle >= options.maxIdle) return drop(connection);
    origin.idle.push(connection);
    idle += 1;
  }

  return {
    give,
    drop,

    get count() {
      return [...origins.values()].reduce((sum, origin) => sum + origin.open, 0);
    },

    take(target, rider) {
      const origin = originOf(target);
      const free = rider.wantsFresh ? undefined : origin.idle.pop();
      if (free) {
        idle -= 1;
        seat(free, rider);
      } else if (origin.open < options.perOrigin) {
        seat(open(origin), rider);
      } else {
        origin.waiting.add(rider);
      }
    },

    close() {
      closed = true;
      for (const origin of origins.values()) {
        while (origin.idle.length > 0) drop(origin.idle.at(-1)!);
      }
    },
  };
}

function seat(connection: Connection, rider: Rider): void {
  connection.fresh = false;
  connection.rider = rider;
  rider.board(connection);
}

function makeConnection(origin: Origin, dial: Dial): Connection {
  const connection: Connection = {
    origin,
    rider: null,
    fresh: true,
    dialling: null,
    client: new Client(origin.target.origin, {
      // Also called when a kept-alive connection turns out to be closed before anything was written.
      connect: (_options, callback) => {
        const stopper = new AbortController();
        connection.fresh = true;
        connection.dialling = {
          signal: stopper.signal,
          stop: () => stopper.abort(),
          budgetMs: connection.rider?.remainingMs() ?? 0,
          step: '',
        };
        dial(origin.target, connection.dialling).then(
          (socket) => {
            connection.dialling = null;
            if (connection.rider?.mayGo !== false) return callback(null, socket);
            socket.destroy();
            callback(new SendError('cancelled', 'it was too late to send it'), null);
          },
          (error: Error) => {
            connection.dialling = null;
            callback(error, null);
          },
        );
      },
      pipelining: 1,
      // The attempt's own deadline covers all of it.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: 16 * 1024,
    }),
  };
  return connection;
}

function firstOf(waiting: Set<Rider>): Rider | undefined {
  for (const rider of waiting) {
    waiting.delete(rider);
    if (!rider.done) return rider;
  }
  return undefined;
}
