import { Connection, type Exchange } from './connection.ts';
import type { Dial, Target } from '../../net/dial.ts';

/**
 * The pool of kept-alive connections, by origin. If an exchange ends while its connection is being opened, the
 * opening is cancelled. An exchange learns whether its connection was used before, which decides whether a reset may
 * be tried again.
 */
export interface Connections {
  /** Gives the exchange an idle connection, a new one, or, if the origin has its maximum, the next free one. */
  acquire(target: Target, exchange: Exchange): void;
  /**
   * The exchange is over, and the connection may be reused.
   * @param keepAliveS how long the receiver keeps it open; null if it does not say
   */
  release(connection: Connection, keepAliveS: number | null): void;
  /** Closes a connection, whatever it is doing. */
  destroy(connection: Connection): void;
  /** Closes the idle connections, and every other one when it is released. */
  close(): void;
  /** Open connections, in use or idle. */
  readonly count: number;
}

interface Origin {
  idle: Connection[];
  open: number;
  waiting: Set<Exchange>;
}

/** How long an idle connection is kept, or less if the receiver says so (`Keep-Alive: timeout=5`). */
const KEEP_ALIVE_MS = 10_000;
/** Closed this much earlier than the receiver would, so that no request meets its closing. */
const KEEP_ALIVE_MARGIN_MS = 2_000;

export function makeConnections(options: {
  dial: Dial;
  /** Most connections to one origin. */
  perOrigin: number;
  /** Most idle connections in all. */
  maxIdle: number;
}): Connections {
  const origins = new Map<string, Origin>();
  let idle = 0;
  let closed = false;

  function originOf(target: Target): Origin {
    let origin = origins.get(target.origin);
    if (!origin) origins.set(target.origin, (origin = { idle: [], open: 0, waiting: new Set() }));
    return origin;
  }

  function open(origin: Origin, target: Target): Connection {
    origin.open += 1;
    const connection: Connection = new Connection(target, options.dial, () => destroy(connection));
    return connection;
  }

  function destroy(connection: Connection): void {
    if (connection.closed) return;
    const { target } = connection;
    const origin = originOf(target);
    const at = origin.idle.indexOf(connection);
    if (at >= 0) {
      origin.idle.splice(at, 1);
      idle -= 1;
    }
    connection.destroy();
    origin.open -= 1;
    const next = firstOf(origin.waiting);
    if (next) assign(open(origin, target), next, true);
    else if (origin.open === 0) origins.delete(target.origin);
  }

  function release(connection: Connection, keepAliveS: number | null): void {
    if (connection.closed) return;
    const keepMs =
      keepAliveS === null ? KEEP_ALIVE_MS : Math.min(KEEP_ALIVE_MS, keepAliveS * 1000 - KEEP_ALIVE_MARGIN_MS);
    if (keepMs <= 0) return destroy(connection);
    const origin = originOf(connection.target);
    const next = firstOf(origin.waiting);
    if (next) return assign(connection, next, false);
    if (closed || idle >= options.maxIdle) return destroy(connection);
    connection.rest(keepMs);
    origin.idle.push(connection);
    idle += 1;
  }

  return {
    release,
    destroy,

    get count() {
      return [...origins.values()].reduce((sum, origin) => sum + origin.open, 0);
    },

    acquire(target, exchange) {
      const origin = originOf(target);
      const free = exchange.wantsFresh ? undefined : origin.idle.pop();
      if (free) {
        idle -= 1;
        assign(free, exchange, false);
      } else if (origin.open < options.perOrigin) {
        assign(open(origin, target), exchange, true);
      } else {
        origin.waiting.add(exchange);
      }
    },

    close() {
      closed = true;
      for (const origin of origins.values()) {
        while (origin.idle.length > 0) destroy(origin.idle.at(-1)!);
      }
    },
  };
}

function assign(connection: Connection, exchange: Exchange, fresh: boolean): void {
  connection.fresh = fresh;
  connection.assign(exchange);
  exchange.connected(connection);
}

function firstOf(waiting: Set<Exchange>): Exchange | undefined {
  for (const exchange of waiting) {
    waiting.delete(exchange);
    if (!exchange.done) return exchange;
  }
  return undefined;
}
