import { setImmediate } from 'node:timers/promises';
import type { Logger } from '../base/log.ts';
import { UNVERIFIED_KEPT, type ConnectionEvents, type UnverifiedCount } from './connection-event.ts';
import type { OpenConnection } from './connection.ts';

const WRITE_EVERY_MS = 1_000;

interface UnverifiedRequest {
  connection: OpenConnection;
  reason: string;
  isFailure: boolean;
  /** The JSON exactly as sent; '' without a body. */
  body: string;
  /** In Unix milliseconds. */
  receivedAt: number;
}

export interface UnverifiedRequests {
  /** Returns at once: the time of the response must not depend on whether the connection exists. */
  add(request: UnverifiedRequest): void;
  /** Writes what is left. */
  stop(): Promise<void>;
}

interface Waiting {
  connection: OpenConnection;
  unverified: UnverifiedCount & { bodies: { text: string; receivedAt: number }[] };
  timer: NodeJS.Timeout;
}

/**
 * Counts requests with a wrong signature, and keeps the newest bodies. A process writes at most once a second for each
 * connection and reason, so that a stranger can neither fill the log nor occupy the database. Only existing connections
 * are counted.
 */
export function makeUnverifiedRequests({
  events,
  log,
}: {
  events: Pick<ConnectionEvents, 'count'>;
  log: Logger;
}): UnverifiedRequests {
  const waiting = new Map<string, Waiting>();
  const writes = new Set<Promise<void>>();

  function write({ connection, unverified }: Pick<Waiting, 'connection' | 'unverified'>): void {
    // After the response, whose time must not show that the connection exists.
    const writing = setImmediate()
      .then(() => events.count(connection, unverified))
      .catch((error: Error) =>
        log.warn({ err: error.message, connection_id: connection.id }, 'refused requests were not logged'),
      )
      .finally(() => writes.delete(writing));
    writes.add(writing);
  }

  function flush(key: string): void {
    const entry = waiting.get(key)!;
    waiting.delete(key);
    if (entry.unverified.count === 0) return;
    write(entry);
    waitFor(key, entry);
  }

  function waitFor(
    key: string,
    { connection, unverified }: Pick<Waiting, 'connection' | 'unverified'>,
  ): void {
    const timer = setTimeout(() => flush(key), WRITE_EVERY_MS).unref();
    waiting.set(key, { connection, unverified: { ...unverified, count: 0, bodies: [] }, timer });
  }

  return {
    add({ connection, reason, isFailure, body, receivedAt }) {
      const key = `${connection.id} ${reason}`;
      const text = { text: body, receivedAt };
      const entry = waiting.get(key);
      if (entry) {
        entry.unverified.count += 1;
        keepNewest(entry.unverified.bodies, text);
        return;
      }
      const first = { connection, unverified: { reason, isFailure, count: 1, bodies: [text] } };
      write(first);
      waitFor(key, first);
    },

    async stop() {
      for (const entry of waiting.values()) {
        clearTimeout(entry.timer);
        if (entry.unverified.count > 0) write(entry);
      }
      waiting.clear();
      await Promise.all(writes);
    },
  };
}

function keepNewest(
  bodies: { text: string; receivedAt: number }[],
  body: { text: string; receivedAt: number },
) {
  bodies.push(body);
  let size = bodies.reduce((total, { text }) => total + text.length, 0);
  while (bodies.length > UNVERIFIED_KEPT.requests || size > UNVERIFIED_KEPT.bytes)
    size -= bodies.shift()!.text.length;
}
