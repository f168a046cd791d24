import type pg from 'pg';
import { isoTime, type Clock } from '../base/clock.ts';
import { timeOf, type Uuid } from '../base/id.ts';
import type { Logger } from '../base/log.ts';
import { dropOldPartitions, ensurePartitions } from '../db/partition.ts';
import type { Database } from '../db/pool.ts';
import { raiseFloors } from '../events/feed.ts';
import { unblockOrphaned } from './record-order.ts';
import { trimToTerms } from './retention-term.ts';
import { dropOldInboxes } from './inbox.ts';
import { findOverdue, settleOverdue } from './sweep.ts';
import type { Waker } from './wake.ts';

export interface Maintenance {
  stop(): Promise<void>;
}

const SWEEP_MS = 10_000;
const ORDER_MS = 600_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Partitions are made from last week to two weeks ahead; a clock that jumped less needs no others. */
const JUMP_MS = 6 * DAY_MS;
const WATCH_MS = 1_000;

/** A task that every process repeats; safe to run in several at once. */
export interface MaintenanceTask {
  name: string;
  everyMs: number;
  /** @param stopped fires when the process stops: finish what is under way, begin nothing more */
  run(stopped: AbortSignal): Promise<unknown>;
}

/** How long a stop waits for a task under way. Every task can be repeated. */
const STOP_TIMEOUT_MS = 5_000;

/**
 * Runs the regular tasks: the sweep every ten seconds, partitions and old rows every hour, and `maintenanceTasks`. If
 * the clock jumps to weeks without partitions nothing can be written, so that is checked every second.
 */
export function runMaintenance(parts: {
  db: Database;
  waker: Waker;
  clock: Clock;
  log: Logger;
  retentionDays: number;
  maintenanceTasks: readonly MaintenanceTask[];
}): Maintenance {
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
  const cleanup = repeat(HOUR_MS, log, 'cleanup', async () => {
    await makePartitions();
    const settled = await settleOverdue(db.pool);
    const dropped = await dropOld(db.pool, parts.clock.now() - parts.retentionDays * DAY_MS);
    const trimmed = await trimToTerms(db, parts.clock.now());
    const deletedAnswers = await deleteOldIdempotency(db);
    await dropOldInboxes(db);
    const done = {
      settled,
      dropped: dropped.join(', '),
      trimmed_events: trimmed.events,
      trimmed_attempts: trimmed.attempts,
      deleted_answers: deletedAnswers,
    };
    const some = Object.fromEntries(Object.entries(done).filter(([, count]) => Boolean(count)));
    if (Object.keys(some).length > 0) log.info(some, 'cleanup done');
  });
  const maintenanceTasks = parts.maintenanceTasks.map(({ everyMs, name, run }) =>
    repeat(everyMs, log, name, run),
  );
  return {
    async stop() {
      await Promise.all([sweep, order, jumps, cleanup, ...maintenanceTasks].map((item) => item.stop()));
    },
  };
}

/**
 * Drops what is older than `keepFrom`, except events that a queued delivery still needs: one that is resent late has
 * its retries ahead of it.
 * @param keepFrom wall-clock milliseconds
 * @returns the names of the partitions dropped
 */
export async function dropOld(pool: pg.Pool, keepFrom: number): Promise<string[]> {
  const { rows } = await pool.query<{ event_id: Uuid }>(
    'select event_id from queue order by event_id limit 1',
  );
  const needed = rows[0] ? timeOf(rows[0].event_id) : keepFrom;
  return dropOldPartitions(
    pool,
    { event: Math.min(keepFrom, needed), attempt: keepFrom },
    { event: (partition) => raiseFloors(pool, partition) },
  );
}

/** Idempotent answers are kept for 24 hours; deleted in batches. */
async function deleteOldIdempotency(db: Database): Promise<number> {
  let deleted = 0;
  for (;;) {
    const { rowCount } = await db.pool.query(
      `delete from idempotency where (workspace_id, api_key_id, key) in (
         select workspace_id, api_key_id, key from idempotency
         where created_at < now() - interval '24 hours' limit 1000)`,
    );
    deleted += rowCount ?? 0;
    if ((rowCount ?? 0) < 1000) return deleted;
  }
}

/** Runs `work` now and then repeatedly, never twice at once. A failure is logged and tried again. */
function repeat(
  everyMs: number,
  log: Logger,
  name: string,
  work: (stopped: AbortSignal) => Promise<unknown>,
) {
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running = run();

  async function run(): Promise<void> {
    try {
      await work(stopping.signal);
    } catch (error) {
      log.warn({ err: (error as Error).message }, `${name} failed; it runs again in ${everyMs / 1000} s`);
    }
    if (!stopping.signal.aborted) {
      timer = setTimeout(() => {
        running = run();
      }, everyMs).unref();
    }
  }

  return {
    async stop() {
      stopping.abort();
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
