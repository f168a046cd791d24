import type { Registry } from 'prom-client';
import type { Uuid } from '../base/id.ts';
import type { Logger } from '../base/log.ts';
import type { Database } from '../db/pool.ts';
import { ActiveRuns } from './active-runs.ts';
import type { JobType } from './job.ts';
import { makeJobLeases, type Claimable, type ClaimedJob, type JobLeases } from './job-lease.ts';
import { makeJobMetrics } from './job-metrics.ts';
import type { JobQueue } from './job-queue.ts';
import { kindOf } from './job-run.ts';
import { scheduleRecurring, type RecurringJob } from './recurring-job.ts';

export interface JobWorkerParts {
  db: Database;
  newId: () => Uuid;
  log: Logger;
  queue: JobQueue;
  types: readonly JobType[];
  recurring: readonly RecurringJob[];
  registry: Registry;
  /** Random numbers from 0 up to 1, for jitter. */
  random: () => number;
}

/** Runs jobs that are due, in as many processes as have one. */
export interface JobWorker {
  start(): void;
  /** Runs what is due now, each recurring job once at most, and returns when nothing is left: for a cron. */
  pass(): Promise<void>;
  /**
   * Takes no more jobs, aborts those that run, and waits for them for up to ten seconds. One that has not ended by then
   * goes on in another process when its lease is over.
   */
  stop(): Promise<void>;
}

/** Jobs at once in a process; recurring ones come on top, as an import of an hour must not hold up maintenance. */
const SLOTS = 4;
const MAX_RECURRING = 100;
const POLL_MS = 2_000;
const SCHEDULE_MS = 60_000;
const STOP_GRACE_MS = 10_000;

export function makeJobWorker(parts: JobWorkerParts): JobWorker {
  const { db, newId, log, types, recurring } = parts;
  const leases = makeJobLeases(db, newId);
  const kinds = new Map([...types, ...recurring].map((item) => [item.name, kindOf(item)]));
  if (kinds.size < types.length + recurring.length) throw new Error('two jobs have the same name');
  const isRecurring = (job: ClaimedJob) => 'recurring' in kinds.get(job.type)!;
  const active = new ActiveRuns({
    ...parts,
    leases,
    metrics: makeJobMetrics(parts.registry, db),
    kinds,
    onEnd(job) {
      if (!isRecurring(job)) wake();
    },
  });
  let scheduledAt = -Infinity;
  let isFailing = false;
  let stopping: Promise<void> | undefined;
  /** Ends the pause between two polls. */
  let wake = () => {};
  let nextMs = POLL_MS;
  let polling: Promise<void> | undefined;

  parts.queue.onEnqueue(() => wake());

  /** @returns the jobs that were begun */
  async function beginDue(jobs: Claimable, repeated: Claimable): Promise<ClaimedJob[]> {
    if (performance.now() - scheduledAt > SCHEDULE_MS) {
      await scheduleRecurring(db, newId, recurring);
      scheduledAt = performance.now();
    }
    const free = SLOTS - active.jobs.filter((job) => !isRecurring(job)).length;
    const due = await leases.due(free > 0 ? jobs : [], repeated);
    nextMs = Math.min(POLL_MS, due.next_ms ?? POLL_MS);
    const begun: ClaimedJob[] = [];
    // Each begins before the next claim, which may fail.
    if (due.recurring) begun.push(...(await claimAndBegin(leases, active, repeated, MAX_RECURRING)));
    if (due.jobs) begun.push(...(await claimAndBegin(leases, active, jobs, free)));
    return begun;
  }

  async function poll(): Promise<void> {
    for (;;) {
      if (stopping) return;
      let isWoken = false;
      wake = () => {
        isWoken = true;
      };
      const begun = await beginDue(types, recurring).catch((error: Error) => {
        if (!isFailing) log.warn({ err: error.message }, 'jobs cannot be looked up; they wait');
        isFailing = true;
        nextMs = POLL_MS;
        return null;
      });
      if (begun !== null) isFailing = false;
      if (!isWoken && !begun?.length) await pause(nextMs, (end) => (wake = end));
    }
  }

  async function shutDown(): Promise<void> {
    wake();
    active.abort();
    const ended = (async () => {
      await polling;
      await active.allEnds();
    })();
    await waitAtMost(STOP_GRACE_MS, ended);
    active.stopHeartbeat();
  }

  return {
    start() {
      polling ??= poll();
    },

    async pass() {
      const left = new Map(recurring.map((item) => [item.name, item]));
      for (;;) {
        // Runs may end during the claim, which had no room for more.
        const wasActive = active.size > 0;
        const begun = await beginDue(types, [...left.values()]);
        for (const { type } of begun) left.delete(type);
        if (begun.length > 0) continue;
        if (!wasActive) return;
        if (active.size > 0) await active.nextEnd();
      }
    },

    stop: () => (stopping ??= shutDown()),
  };
}

async function claimAndBegin(
  leases: JobLeases,
  active: ActiveRuns,
  claimable: Claimable,
  limit: number,
): Promise<ClaimedJob[]> {
  const running = active.jobs.map(({ id }) => id);
  const claimed = await leases.claim(claimable, limit, running);
  for (const job of claimed) active.begin(job);
  return claimed;
}

/** Waits for `ms`, or until the function is called that `onPause` receives. */
function pause(ms: number, onPause: (end: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms).unref();
    onPause(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

async function waitAtMost(ms: number, ended: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([ended, late]);
  clearTimeout(timer);
}
