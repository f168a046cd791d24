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
  /** By workspace; the next one to be served comes first. */
  const waiting = new Map<Uuid, Waiting[]>();
  const idle: Thread[] = [];
  const threads = new Set<Thread>();
  let waitingCount = 0;
  let closed = false;

  function next(): void {
    while (idle.length > 0 || threads.size < limits.workers) {
      const item = taken();
      if (!item) return;
      begin(idle.pop() ?? start(), item);
    }
  }

  /** The first job of the next workspace that has no busy thread. */
  function taken(): Waiting | undefined {
    const busy = new Set([...threads].map(({ current }) => current?.workspaceId));
    for (const [workspaceId, queue] of waiting) {
      if (busy.has(workspaceId)) continue;
      waiting.delete(workspaceId);
      const item = queue.shift()!;
      if (queue.length > 0) waiting.set(workspaceId, queue);
      waitingCount--;
      return item;
    }
    return undefined;
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
    clearTimeout(item.timer);
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

  function finish(thread: Thread, report: (item: Waiting) => void): void {
    const { current } = thread;
    clearTimeout(thread.timer);
    thread.current = undefined;
    if (current) report(current);
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
        const queue = waiting.get(workspaceId) ?? [];
        if (closed || queue.length >= limits.waitingEach || waitingCount >= limits.waitingAll)
          return reject(timeUsedUp());
        const item: Waiting = {
          workspaceId,
          job,
          resolve,
          reject,
          timer: setTimeout(() => leave(item), limits.waitMs),
        };
        queue.push(item);
        waiting.set(workspaceId, queue);
        waitingCount++;
        next();
      }),

    async close() {
      closed = true;
      for (const item of [...waiting.values()].flat()) leave(item);
      await Promise.all([...threads].map((thread) => lose(thread)));
    },
  };

  function leave(item: Waiting): void {
    const queue = waiting.get(item.workspaceId)!;
    queue.splice(queue.indexOf(item), 1);
    if (queue.length === 0) waiting.delete(item.workspaceId);
    waitingCount--;
    clearTimeout(item.timer);
    item.reject(timeUsedUp());
  }
}

function timeUsedUp() {
  return unavailable('Checking against the schema takes too long at the moment; try again.', RETRY_AFTER_S);
}
