import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../base/log.ts';
import { failureKind } from '../db/failure.ts';
import type { Database } from '../db/pool.ts';
import { exponentialDelayMs, MAX_ATTEMPTS, TIMEOUT_MS, type JobType } from './job.ts';
import type { ClaimedJob, JobLeases } from './job-lease.ts';
import type { JobMetrics, RunOutcome } from './job-metrics.ts';
import type { RecurringJob } from './recurring-job.ts';

/** A run that is under way in this process. */
export interface ActiveRun {
  readonly job: ClaimedJob;
  readonly controller: AbortController;
  /** When the lease was last extended, in monotonic milliseconds. */
  renewedAt: number;
  /** The process stops: what fails now is not the job's fault. */
  stopping: boolean;
}

/** A job type or recurring job, as the worker runs it. */
export type JobKind =
  | { readonly name: string; readonly timeoutMs: number; readonly type: JobType }
  | { readonly name: string; readonly timeoutMs: number; readonly recurring: RecurringJob };

export interface RunParts {
  db: Database;
  leases: JobLeases;
  log: Logger;
  metrics: JobMetrics;
  /** Random numbers from 0 up to 1, for jitter. */
  random: () => number;
}

/** A recurring job that ignores how long it takes would hold up nothing but itself. */
const RECURRING_TIMEOUT_MS = 3_600_000;
/** A run that has not ended so long after its abort is given up. It may overlap with its retry. */
const ABORT_GRACE_MS = 10_000;
/** Runs of a job that may end with their process: a job that takes its process down must not do so for ever. */
const MAX_CRASHES = 5;
const MAX_ERROR_LENGTH = 1_000;
const SETTLE_RETRY_MS = 1_000;
/** A year: a longer delay is a mistake. */
const MAX_RETRY_DELAY_MS = 365 * 86_400_000;

export function kindOf(item: JobType | RecurringJob): JobKind {
  return 'everyMs' in item
    ? { name: item.name, timeoutMs: RECURRING_TIMEOUT_MS, recurring: item }
    : { name: item.name, timeoutMs: item.timeoutMs ?? TIMEOUT_MS, type: item };
}

/** Runs a claimed job and writes how it ended. Never throws. */
export async function runJob(parts: RunParts, kind: JobKind, run: ActiveRun): Promise<void> {
  const began = performance.now();
  const { job } = run;
  const tooManyCrashes = job.crashes >= MAX_CRASHES;
  const error = tooManyCrashes
    ? new Error(`The process ended during ${job.crashes} runs of it.`)
    : await attempt(parts, kind, run);
  parts.metrics.duration.observe({ type: kind.name }, (performance.now() - began) / 1000);
  const outcome = await settle(parts, kind, run, error, tooManyCrashes);
  parts.metrics.runs.inc({ type: kind.name, outcome });
  report(parts.log, kind, run, outcome, error);
}

/** @returns null where it succeeded, else what it threw */
async function attempt(
  parts: RunParts,
  kind: JobKind,
  { job, controller }: ActiveRun,
): Promise<Error | null> {
  const { signal } = controller;
  const tooLong = new Error(`It took longer than ${kind.timeoutMs / 1000} s.`);
  const timer = setTimeout(() => controller.abort(tooLong), kind.timeoutMs);
  let lateTimer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    lateTimer = setTimeout(() => reject(tooLong), kind.timeoutMs + ABORT_GRACE_MS);
  });
  try {
    await Promise.race([start(parts, kind, job, signal), late]);
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    clearTimeout(timer);
    clearTimeout(lateTimer);
  }
}

async function start({ db, log }: RunParts, kind: JobKind, job: ClaimedJob, signal: AbortSignal) {
  signal.throwIfAborted();
  if ('recurring' in kind) {
    const done = await kind.recurring.run(signal);
    if (typeof done === 'number' && done > 0) log.info({ job: kind.name, count: done }, 'maintenance done');
    return;
  }
  const { id, workspace_id: workspaceId, attempts } = job;
  const parsed = kind.type.payload.safeParse(job.payload);
  if (!parsed.success) throw new InvalidPayload(parsed.error.message);
  await kind.type.run({ id, workspaceId, payload: parsed.data, attempt: attempts + 1, signal, db, log });
}

/** Stored by a version whose type was another: to run it again would not help. */
class InvalidPayload extends Error {
  override readonly name = 'InvalidPayload';
}

async function settle(
  { leases, log, random }: RunParts,
  kind: JobKind,
  run: ActiveRun,
  error: Error | null,
  isLast: boolean,
): Promise<RunOutcome> {
  const { job } = run;
  // Also where the lease has ended: nothing is written if another process has claimed the job.
  const write = (...outcome: [Parameters<JobLeases['settle']>[1], ...unknown[]]) =>
    persist(run, log, () => leases.settle(job, ...outcome));
  const wrote = async (outcome: RunOutcome, written: Promise<boolean>) =>
    (await written) ? outcome : 'lease_lost';

  if ('recurring' in kind) {
    if (error && run.stopping) return wrote('interrupted', write('released'));
    return wrote(error ? 'failed' : 'succeeded', write('next', kind.recurring.everyMs));
  }
  if (!error) return wrote('succeeded', endOrRepeat(write, 'succeeded'));
  if (run.stopping) return wrote('interrupted', write('released'));
  // PostgreSQL stores no NUL in a text.
  const message = error.message.replaceAll('\0', ' ').slice(0, MAX_ERROR_LENGTH);
  const number = job.attempts + 1;
  const { maxAttempts = MAX_ATTEMPTS } = kind.type;
  if (isLast || number >= maxAttempts || error instanceof InvalidPayload)
    return wrote('failed', endOrRepeat(write, 'failed', isLast ? 0 : 1, message));
  const delay = Math.round(delayOf(kind.type, number) * (1 + random() / 10));
  return wrote('retried', write('retry', delay, message));
}

/** The default where the type's own function throws or returns no time. */
function delayOf({ retryDelayMs }: JobType, number: number): number {
  try {
    const delay = retryDelayMs?.(number) ?? NaN;
    if (delay >= 0 && delay <= MAX_RETRY_DELAY_MS) return delay;
  } catch {
    // The error of the attempt says more.
  }
  return exponentialDelayMs(number);
}

/** It may be enqueued again between the two statements, so the first is tried twice. */
async function endOrRepeat(
  write: (as: Parameters<JobLeases['settle']>[1], ...more: unknown[]) => Promise<boolean>,
  as: 'succeeded' | 'failed',
  ...more: unknown[]
): Promise<boolean> {
  return (await write(as, ...more)) || (await write('again')) || (await write(as, ...more));
}

/**
 * Tries until the database answers, or the process stops. What the database refuses is logged and not tried again: the
 * lease ends then, and the job is run again.
 */
async function persist(run: ActiveRun, log: Logger, write: () => Promise<boolean>): Promise<boolean> {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      const kind = failureKind(error);
      if (kind === 'data' || kind === 'other') {
        const { id: job, type } = run.job;
        log.error({ job, type, err: (error as Error).message }, 'the outcome of a job cannot be stored');
        return false;
      }
      if (run.stopping) return false;
      await sleep(SETTLE_RETRY_MS);
    }
  }
}

function report(log: Logger, kind: JobKind, run: ActiveRun, outcome: RunOutcome, error: Error | null): void {
  const { id: job, workspace_id: workspace, attempts } = run.job;
  if (outcome === 'lease_lost') {
    log.warn({ job, type: kind.name }, 'a job was given up: its lease ended, and another process may run it');
  } else if ('recurring' in kind) {
    if (outcome === 'failed')
      log.warn(
        { err: error!.message },
        `${kind.name} failed; it runs again in ${kind.recurring.everyMs / 1000} s`,
      );
  } else if (outcome === 'failed' || outcome === 'retried') {
    const details = { job, type: kind.name, workspace, attempt: attempts + 1, err: error!.message };
    if (outcome === 'failed') log.error(details, 'a job failed for good');
    else log.warn(details, 'a job failed; it is tried again');
  }
}
