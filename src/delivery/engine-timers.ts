import { isoTime, type Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { ensurePartitions } from '../db/partition.ts';
import type { Database } from '../db/pool.ts';
import { unblockOrphaned } from './queue/record-order.ts';
import { findOverdue } from './queue/sweep.ts';
import type { Waker } from './queue/wake.ts';

export interface EngineTimers {
  stop(): Promise<void>;
}

const SWEEP_MS = 10_000;
const ORDER_MS = 600_000;
const HOUR_MS = 3_600_000;
/** Partitions are made for last week to two weeks ahead: a clock that has jumped no further needs no others. */
const JUMP_MS = 6 * 24 * HOUR_MS;
const WATCH_MS = 1_000;
/** A stop does not wait longer than this for what runs here: it can be done again. */
const STOP_TIMEOUT_MS = 5_000;

/**
 * What every process does by itself, also one that runs no jobs (maintenance.ts): it finds deliveries that no wake-up
 * announced, and makes the partitions without which it could write nothing. Where the clock jumps out of the weeks that
 * have partitions, that is seen to within a second.
 */
export function startEngineTimers(parts: {
  db: Database;
  waker: Waker;
  clock: Clock;
  log: Logger;
}): EngineTimers {
  const { db, waker, log } = parts;
  const sweep = repeat(SWEEP_MS, log, 'sweep', async () => {
    const lanes = await findOverdue(db.pool);
    if (lanes.length > 0) log.info({ lanes: lanes.length }, 'overdue lanes woken');
    await waker.notifyNow(lanes);
  });
  const order = repeat(ORDER_MS, log, 'order', async () => waker.notifyNow(await unblockOrphaned(db.pool)));
  let madeFor = parts.clock.now();
  const makePartitions = async () => {
    const now = parts.clock.now();
    await ensurePartitions(db.side, now);
    madeFor = now;
  };
  const jumps = repeat(WATCH_MS, log, 'partitions', async () => {
    if (Math.abs(parts.clock.now() - madeFor) < JUMP_MS) return;
    await makePartitions();
    log.warn({ now: isoTime(madeFor) }, 'the clock has jumped: partitions created for the present weeks');
  });
  const partitions = repeat(HOUR_MS, log, 'partitions', makePartitions);
  return {
    async stop() {
      await Promise.all([sweep, order, jumps, partitions].map((item) => item.stop()));
    },
  };
}

/** Runs `work` now and then again and again, never twice at once; a failure is logged and tried again. */
function repeat(everyMs: number, log: Logger, name: string, work: () => Promise<unknown>) {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running = run();

  async function run(): Promise<void> {
    try {
      await work();
    } catch (error) {
      log.warn({ err: (error as Error).message }, `${name} failed; it runs again in ${everyMs / 1000} s`);
    }
    if (!stopped) {
      timer = setTimeout(() => {
        running = run();
      }, everyMs).unref();
    }
  }

  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      let timeout: NodeJS.Timeout | undefined;
      const late = new Promise((resolve) => {
        timeout = setTimeout(resolve, STOP_TIMEOUT_MS);
      });
      await Promise.race([running, late]);
      clearTimeout(timeout);
    },
  };
}
