import type { z } from 'zod';
import type { Uuid } from '../base/id.ts';
import type { Logger } from '../base/log.ts';
import type { Database } from '../db/pool.ts';

/** What a run of a job is given. */
export interface JobRun<Payload> {
  id: Uuid;
  /** Null: a job of the whole installation. */
  workspaceId: Uuid | null;
  payload: Payload;
  /** 1 for the first run; runs that a stop or a crash cut short are not counted. */
  attempt: number;
  /**
   * Aborts when the process stops, when `timeoutMs` have passed, and when another process may have taken the job over. A
   * run looks at it between two steps (`signal.throwIfAborted()`).
   */
  signal: AbortSignal;
  db: Database;
  log: Logger;
}

/**
 * A kind of background job. It runs at least once: a run can be cut short at any point and started again, also in
 * another process, so each step is written to be repeated.
 */
export interface JobType<Payload = unknown> {
  /** Stored with each job, so it never changes: `noun.verb`, as in `contact.import`. */
  name: string;
  /** Ids and options, no personal data: erasure does not reach payloads. Validated when enqueued and when run. */
  payload: z.ZodType<Payload>;
  /** Returns when the work is done. What it throws is a failed attempt. */
  run(run: JobRun<Payload>): Promise<unknown>;
  /** Attempts that may fail before the job is failed for good; default 10, which with the default delays takes 85 minutes. */
  maxAttempts?: number;
  /** How long an attempt may take, in milliseconds; default 10 minutes. */
  timeoutMs?: number;
  /** Jobs of this type that may run at once in a workspace, over all processes; default: any number. */
  perWorkspace?: number;
  /** How long to wait after the failed attempt with this number, in milliseconds. Default: 10 s, doubled each time, 1 h at most. */
  retryDelayMs?(attempt: number): number;
}

/** Checks a job type, and keeps the payload's type for `run`. */
export function jobType<Payload>(type: JobType<Payload>): JobType<Payload> {
  if (!/^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$/.test(type.name))
    throw new Error(`job type ${type.name}: the name must be like contact.import`);
  return type;
}

export const MAX_ATTEMPTS = 10;
export const TIMEOUT_MS = 600_000;

const FIRST_DELAY_MS = 10_000;
const MAX_DELAY_MS = 3_600_000;

/** The default of `retryDelayMs`. */
export function exponentialDelayMs(attempt: number): number {
  return Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1));
}
