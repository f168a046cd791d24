import { Worker } from 'node:worker_threads';
import { unavailable } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import type { Problem } from './schema-check.js';

/** A job for a thread. Schemas and data are JSON text, which is copied faster than objects. */
export type SchemaJob =
  | { kind: 'compile'; schema: string; formats: readonly string[] }
  | { kind: 'check'; schema: string; data: string; maxSteps: number };

export type SchemaResult = { problem: Problem | null } | { stepsUsedUp: true };

/** Threads in which customers' schemas are compiled and used, if that may take long. */
export interface SchemaWorkers {
  /** Throws `unavailable` if it takes too long, or too many jobs wait already: trying again is safe. */
  run(workspaceId: Uuid, job: SchemaJob): Promise<SchemaResult>;
  close(): Promise<void>;
}

export interface SchemaWorkerLimits {
  workers: number;
  /** The time of a job from its begin, and from its submission; milliseconds. */
  jobMs: number;
  waitMs: number;
  /** Waiting jobs, per workspace and in all. */
  waitingEach: number;
  waitingAll: number;
  /** A thread without work ends after this long, in milliseconds. */
  idleMs: number;
}

export const SCHEMA_WORKER_LIMITS: SchemaWorkerLimits = {
  workers: 2,
  jobMs: 3_000,
  waitMs: 10_000,
  waitingEach: 16,
  waitingAll: 128,
  idleMs: 30_000,
};

/** A thread that runs out of memory ends alone, without the program. */
const MEMORY = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16 };
const RETRY_AFTER_S = 2;

interface Waiting {
  workspaceId: Uuid;
  job: SchemaJob;
  resolve(result: SchemaResult): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
}

interface Thread {
  worker: Worker;
  ready: boolean;
  current: Waiting | undefined;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Threads start with the first job and are replaced if a job takes too long. Workspaces take turns, and each has one
 * thread at a time: the slow schemas of one leave the other thread to the others.
 */
export function makeSchemaWorkers(limits: SchemaWorkerLimits = SCHEMA_WORKER_LIMITS): SchemaWorkers {
  const queue = makeJobQueue(limits);
  const idle: Thread[] = [];
  const threads = new Set<Thread>();
  let closed = false;

  function next(): void {
    while (idle.length > 0 || threads.size < limits.workers) {
      const busy = new Set([...threads].map(({ current }) => current?.workspaceId));
      const item = queue.take(busy);
      if (!item) return;
      begin(idle.pop() ?? start(), item);
    }
  }

  function start(): Thread {
    const worker = new Worker(new URL('./schema-worker.js', import.meta.url), {
      resourceLimits: MEMORY,
      // Not the program's own flags: some are not allowed for threads.
      execArgv: [],
    });
    const thread: Thread = { worker, ready: false, current: undefined, timer: undefined };
    threads.add(thread);
    worker.on('message', (message: 'ready' | SchemaResult) => {
      if (message === 'ready') {
        thread.ready = true;
        return watch(thread);
      }
      finish(thread, (item) => item.resolve(message));
      if (closed) return void end(thread);
      idle.push(thread);
      rest(thread);
      next();
    });
    worker.on('error', () => void lose(thread));
    return thread;
  }

  function begin(thread: Thread, item: Waiting): void {
    clearTimeout(thread.timer);
    thread.current = item;
    thread.worker.ref();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    thread.worker.postMessage(item.job);
    // The time of a job in a starting thread begins when the thread is ready.
    if (thread.ready) watch(thread);
  }

  /** Starts the timeout of the present job. */
  function watch(thread: Thread): void {
    clearTimeout(thread.timer);
    if (thread.current) thread.timer = setTimeout(() => void lose(thread), limits.jobMs);
  }

  function rest(thread: Thread): void {
    // It must not keep the program from ending.
    thread.worker.unref();
    thread.timer = setTimeout(() => void end(thread), limits.idleMs).unref();
  }

  /** Its job took too long, or used too much memory. */
  function lose(thread: Thread): Promise<unknown> {
    finish(thread, (item) => item.reject(timeUsedUp()));
    const ended = end(thread);
    next();
    return ended;
  }

  function end(thread: Thread): Promise<unknown> {
    clearTimeout(thread.timer);
    threads.delete(thread);
    const at = idle.indexOf(thread);
    if (at >= 0) idle.splice(at, 1);
    return thread.worker.terminate();
  }

  return {
    run: (workspaceId, job) =>
      new Promise((resolve, reject) => {
        if (closed || !queue.add({ workspaceId, job, resolve, reject })) return reject(timeUsedUp());
        next();
      }),

    async close() {
      closed = true;
      queue.rejectAll();
      await Promise.all([...threads].map((thread) => lose(thread)));
    },
  };
}

function finish(thread: Thread, report: (item: Waiting) => void): void {
  const { current } = thread;
  clearTimeout(thread.timer);
  thread.current = undefined;
  if (current) report(current);
}

/** Jobs that wait for a thread. */
function makeJobQueue(limits: Pick<SchemaWorkerLimits, 'waitMs' | 'waitingEach' | 'waitingAll'>) {
  /** By workspace; the next one to be served comes first. */
  const waiting = new Map<Uuid, Waiting[]>();
  let count = 0;

  function remove(item: Waiting): void {
    const jobs = waiting.get(item.workspaceId)!;
    jobs.splice(jobs.indexOf(item), 1);
    if (jobs.length === 0) waiting.delete(item.workspaceId);
    count--;
    clearTimeout(item.timer);
  }

  function refuse(item: Waiting): void {
    remove(item);
    item.reject(timeUsedUp());
  }

  return {
    /** False if too many jobs wait. A job that waits longer than `waitMs` is rejected. */
    add(job: Omit<Waiting, 'timer'>): boolean {
      const jobs = waiting.get(job.workspaceId) ?? [];
      if (jobs.length >= limits.waitingEach || count >= limits.waitingAll) return false;
      const item: Waiting = { ...job, timer: setTimeout(() => refuse(item), limits.waitMs) };
      jobs.push(item);
      waiting.set(job.workspaceId, jobs);
      count++;
      return true;
    },

    /** Removes and returns the first job of the next workspace that is not busy; the workspace then comes last. */
    take(busy: ReadonlySet<Uuid | undefined>): Waiting | undefined {
      for (const [workspaceId, jobs] of waiting) {
        if (busy.has(workspaceId)) continue;
        const [item] = jobs as [Waiting, ...Waiting[]];
        remove(item);
        if (waiting.delete(workspaceId)) waiting.set(workspaceId, jobs);
        return item;
      }
      return undefined;
    },

    rejectAll(): void {
      for (const item of [...waiting.values()].flat()) refuse(item);
    },
  };
}

function timeUsedUp() {
  return unavailable('Checking against the schema takes too long at the moment; try again.', RETRY_AFTER_S);
}
