import { setMaxListeners } from 'node:events';
import type { Uuid } from '../base/id.ts';
import type { Logger } from '../base/log.ts';
import type { Database } from '../db/pool.ts';

/**
 * Waits for a workspace's feed to grow. One look serves everybody who waits in this process, and none is made while
 * nobody does. A NOTIFY from the writing statement would be told sooner, but it takes a lock over the whole database
 * at each commit, and every write would pay for it.
 */
export interface Tail {
  /**
   * Resolves true once the feed goes on after this place, false when `ms` are over, `signal` fires or all waiting is
   * ended; never rejects.
   */
  beyond(workspaceId: Uuid, seq: number, ms: number, signal: AbortSignal): Promise<boolean>;
  /** Ends all waiting, now and from now on: the process stops. */
  stop(): void;
  readonly stopped: boolean;
  /** Fires with it. */
  readonly ending: AbortSignal;
}

/** How late an event may be told, in milliseconds. */
const LOOK_EVERY_MS = 200;

const LOOK = {
  name: 'feed.tail',
  text: 'select workspace_id, event_seq from workspace_counter where workspace_id = any($1)',
};

interface Waiter {
  workspaceId: Uuid;
  seq: number;
  end(moved: boolean): void;
}

export function makeTail(db: Database, log: Logger): Tail {
  const waiters = new Set<Waiter>();
  let timer: NodeJS.Timeout | undefined;
  const ending = new AbortController();
  // One for each who waits.
  setMaxListeners(0, ending.signal);
  let stopped = false;

  async function look(): Promise<void> {
    try {
      const workspaces = [...new Set([...waiters].map(({ workspaceId }) => workspaceId))];
      const { rows } = await db.pool.query<{ workspace_id: Uuid; event_seq: number }>({
        ...LOOK,
        values: [workspaces],
      });
      const ends = new Map(rows.map((row) => [row.workspace_id, row.event_seq]));
      for (const waiter of waiters) {
        if ((ends.get(waiter.workspaceId) ?? 0) > waiter.seq) waiter.end(true);
      }
    } catch (error) {
      log.debug({ err: (error as Error).message }, 'the feed can not be looked at; tried again');
    }
    timer = undefined;
    lookSoon();
  }

  function lookSoon(): void {
    if (stopped || waiters.size === 0) return;
    timer ??= setTimeout(() => void look(), LOOK_EVERY_MS);
  }

  return {
    get stopped() {
      return stopped;
    },
    ending: ending.signal,

    beyond(workspaceId, seq, ms, signal) {
      if (stopped || signal.aborted) return Promise.resolve(false);
      return new Promise((resolve) => {
        const late = setTimeout(() => waiter.end(false), ms);
        const aborted = () => waiter.end(false);
        const waiter: Waiter = {
          workspaceId,
          seq,
          end(moved) {
            clearTimeout(late);
            signal.removeEventListener('abort', aborted);
            waiters.delete(waiter);
            resolve(moved);
          },
        };
        signal.addEventListener('abort', aborted);
        waiters.add(waiter);
        lookSoon();
      });
    },

    stop() {
      stopped = true;
      clearTimeout(timer);
      for (const waiter of waiters) waiter.end(false);
      ending.abort();
    },
  };
}
