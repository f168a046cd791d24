import { setMaxListeners } from 'node:events';
import type { Uuid } from '../base/id.ts';
import type { Logger } from '../base/log.ts';
import type { Database } from '../db/pool.ts';

/**
 * Waits for a workspace's feed to grow. One query serves all waiters of this process, and none is made while nobody
 * waits. A NOTIFY from the writing statement would be faster. But it takes a lock over the whole database at each
 * commit, and every write would pay for it.
 */
export interface Tail {
  /**
   * Resolves true once the feed continues after `seq`; false if `ms` are over, `signal` fires or all waiting is
   * ended. Never rejects.
   */
  beyond(workspaceId: Uuid, seq: number, ms: number, signal: AbortSignal): Promise<boolean>;
  /** Ends all waiting, present and future: the process stops. */
  stop(): void;
  readonly stopped: boolean;
  /** Fires when `stop` is called. */
  readonly ending: AbortSignal;
}

/** How late an event may be noticed, in milliseconds. */
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
  // Each waiter adds a listener.
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
      log.debug({ err: (error as Error).message }, 'the feed cannot be read; trying again');
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
