import type { Uuid } from '../base/id.ts';
import type { Logger } from '../base/log.ts';
import type { ConnectionEvents } from './connection-event.ts';

const WRITE_EVERY_MS = 1_000;

interface UnverifiedRequest {
  connection: { workspaceId: Uuid; id: Uuid };
  reason: string;
  isFailure: boolean;
}

export interface UnverifiedRequests {
  /** Returns at once: the time of the response must not depend on whether the connection exists. */
  add(request: UnverifiedRequest): void;
  /** Writes the counts that are left. */
  stop(): Promise<void>;
}

/**
 * Counts requests with a wrong signature. A process writes at most once a second for each connection and reason, so
 * that a stranger can neither fill the log nor occupy the database. Only existing connections are counted.
 */
export function makeUnverifiedRequests({
  events,
  log,
}: {
  events: ConnectionEvents;
  log: Logger;
}): UnverifiedRequests {
  const waiting = new Map<string, { request: UnverifiedRequest; count: number; timer: NodeJS.Timeout }>();
  const writes = new Set<Promise<void>>();

  function write({ connection, reason, isFailure }: UnverifiedRequest, count: number): void {
    const writing = events
      .count(connection, reason, count, isFailure)
      .catch((error: Error) =>
        log.warn({ err: error.message, connection_id: connection.id }, 'refused requests were not logged'),
      )
      .finally(() => writes.delete(writing));
    writes.add(writing);
  }

  function flush(key: string): void {
    const { request, count } = waiting.get(key)!;
    waiting.delete(key);
    if (count === 0) return;
    write(request, count);
    waitFor(key, request);
  }

  function waitFor(key: string, request: UnverifiedRequest): void {
    const timer = setTimeout(() => flush(key), WRITE_EVERY_MS).unref();
    waiting.set(key, { request, count: 0, timer });
  }

  return {
    add(request) {
      const key = `${request.connection.id} ${request.reason}`;
      const entry = waiting.get(key);
      if (entry) {
        entry.count += 1;
        return;
      }
      write(request, 1);
      waitFor(key, request);
    },

    async stop() {
      for (const { request, count, timer } of waiting.values()) {
        clearTimeout(timer);
        if (count > 0) write(request, count);
      }
      waiting.clear();
      await Promise.all(writes);
    },
  };
}
