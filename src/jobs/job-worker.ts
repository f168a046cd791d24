import type { Registry } from 'prom-client';
import type { Uuid } from '../base/id.ts';
import type { Logger } from '../base/log.ts';
import type { Database } from '../db/pool.ts';
import type { JobType } from './job.ts';
import { LEASE_MS, leaseKey, makeJobLeases, type Claimable, type ClaimedJob } from './job-lease.ts';
import { makeJobMetrics } from './job-metrics.ts';
import type { JobQueue } from './job-queue.ts';
import { kindOf, runJob, type ActiveRun } from './job-run.ts';
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
const RENEW_MS = 4_000;
const STOP_GRACE_MS = 10_000;

export function makeJobWorker(parts: JobWorkerParts): JobWorker {
  const { db, newId, log, types, recurring } = parts;
  const leases = makeJobLeases(db, newId);
  const runParts = { ...parts, leases, metrics: makeJobMetrics(parts.registry, db) };
  const kinds = new Map([...types, ...recurring].map((item) => [item.name, kindOf(item)]));
  if (kinds.size < types.length + recurring.length) throw new Error('two jobs have the same name');
  const active = new Map<ActiveRun, Promise<void>>();
  let isScheduled = false;
  let isFailing = false;
  let renewing = false;
  let heartbeat: NodeJS.Timeout | undefined;
  let stopping: Promise<void> | undefined;
  /** Ends the pause between two polls. */
  let wake = () => {};
  let nextMs = POLL_MS;
  let polling: Promise<void> | undefined;

  parts.queue.onEnqueue(() => wake());

  /** @returns the jobs that were begun */
  async function beginDue(jobs: Claimable, repeated: Claimable): Promise<ClaimedJob[]> {
    if (!isScheduled) await scheduleRecurring(db, newId, recurring);
    isScheduled = true;
    const free = SLOTS - [...active.keys()].filter(({ job }) => !isRecurring(job)).length;
    const due = await leases.due(free > 0 ? jobs : [], repeated);
    nextMs = Math.min(POLL_MS, due.next_ms ?? POLL_MS);
    const claimed = [
      ...(due.recurring ? await leases.claim(repeated, MAX_RECURRING) : []),
      ...(due.jobs ? await leases.claim(jobs, free) : []),
    ];
    for (const job of claimed) begin(job);
    return claimed;
  }

  function isRecurring(job: ClaimedJob): boolean {
    return 'recurring' in kinds.get(job.type)!;
  }

  function begin(job: ClaimedJob): void {
    const controller = new AbortController();
    const run = { job, controller, renewedAt: performance.now(), lost: false, stopping: false };
    if (stopping) abortFor(run);
    const done = runJob(runParts, kinds.get(job.type)!, run).then(() => {
      active.delete(run);
      if (!isRecurring(job)) wake();
    });
    active.set(run, done);
    heartbeat ??= setInterval(beat, RENEW_MS).unref();
  }

  function beat(): void {
    // By our own clock: a database that does not answer ends leases too.
    for (const run of active.keys()) if (performance.now() - run.renewedAt > LEASE_MS) lose(run);
    if (renewing || active.size === 0) return;
    renewing = true;
    renew()
      .catch((error: Error) => log.debug({ err: error.message }, 'the leases of jobs were not extended'))
      .finally(() => {
        renewing = false;
      });
  }

  async function renew(): Promise<void> {
    const runs = [...active.keys()];
    const began = performance.now();
    const held = await leases.renew(runs.map(({ job }) => job));
    for (const run of runs) {
      if (held.has(leaseKey(run.job))) run.renewedAt = began;
      else lose(run);
    }
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
      if (!isWoken && !begun?.length) await pause(nextMs);
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms).unref();
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function shutDown(): Promise<void> {
    wake();
    for (const run of active.keys()) abortFor(run);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, STOP_GRACE_MS);
    });
    const ended = (async () => {
      await polling;
      await Promise.all(active.values());
    })();
    await Promise.race([ended, late]);
    clearTimeout(timer);
    clearInterval(heartbeat);
  }

  return {
    start() {
      polling ??= poll();
    },

    async pass() {
      const left = new Map(recurring.map((item) => [item.name, item]));
      for (;;) {
        const begun = await beginDue(types, [...left.values()]);
        for (const { type } of begun) left.delete(type);
        if (begun.length === 0 && active.size === 0) return;
        if (begun.length === 0) await Promise.race(active.values());
      }
    },

    stop: () => (stopping ??= shutDown()),
  };
}

/** The process stops. */
function abortFor(run: ActiveRun): void {
  run.stopping = true;
  run.controller.abort(new Error('The process stops.'));
}

function lose(run: ActiveRun): void {
  run.lost = true;
  run.controller.abort(new Error('The lease of the job has ended.'));
}
