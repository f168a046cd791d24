import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { idMaker } from '../../src/base/id.ts';
import { doctor } from '../../src/cli/doctor.ts';
import { dropOldJobs, measureJobs } from '../../src/jobs/job-backlog.ts';
import { exponentialDelayMs, jobType, type JobRun, type JobType } from '../../src/jobs/job.ts';
import { makeJobQueue, type JobQueue } from '../../src/jobs/job-queue.ts';
import { makeJobWorker, type JobWorker } from '../../src/jobs/job-worker.ts';
import { scheduleRecurring, type RecurringJob } from '../../src/jobs/recurring-job.ts';
import { freshDatabase, silent, type TestDatabase } from '../kit/database.ts';
import { until } from '../kit/process.ts';

const newId = idMaker(Date.now);
let database: TestDatabase;
let queue: JobQueue;
const workers: JobWorker[] = [];
let registry: Registry;

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  queue = makeJobQueue({ db: database.db, newId });
  registry = new Registry();
  await database.db.pool.query('truncate job');
});
afterEach(() => Promise.all(workers.splice(0).map((worker) => worker.stop())));

interface Payload {
  n: number;
}
const payload = z.object({ n: z.number().int() });

/** A type whose runs are kept, in order. */
function recorded(
  work: (run: JobRun<Payload>) => Promise<unknown> = () => Promise.resolve(),
  more: Partial<JobType<Payload>> = {},
) {
  const runs: JobRun<Payload>[] = [];
  const type = jobType<Payload>({
    name: 'test.recorded',
    payload,
    async run(run) {
      runs.push(run);
      return work(run);
    },
    ...more,
  });
  return { type, runs };
}

function start(types: readonly JobType<Payload>[], recurring: readonly RecurringJob[] = []): JobWorker {
  const worker = makeJobWorker({
    db: database.db,
    newId,
    log: silent,
    random: () => 0,
    queue,
    types,
    recurring,
    registry: workers.length === 0 ? registry : new Registry(),
  });
  workers.push(worker);
  worker.start();
  return worker;
}

async function rows(): Promise<Record<string, unknown>[]> {
  return (await database.db.pool.query('select * from job where not recurring order by id')).rows;
}

const isEmpty = async () => (await rows()).length === 0;

test('a job is run with its payload and workspace, and leaves nothing behind', async () => {
  const { type, runs } = recorded();
  start([type]);
  const workspaceId = randomUUID();
  const id = await queue.enqueue(type, { n: 7 }, { workspaceId });
  await until(isEmpty);
  expect(runs).toMatchObject([{ id, workspaceId, payload: { n: 7 }, attempt: 1 }]);
});

test('a payload that is not of the type is refused when it is enqueued', async () => {
  const { type } = recorded();
  await expect(queue.enqueue(type, { n: 'seven' } as never)).rejects.toThrow('expected number');
  expect(await rows()).toEqual([]);
});

test('a stored payload that is not of the type fails at once, without a run', async () => {
  const { type, runs } = recorded();
  await queue.enqueue(type, { n: 1 });
  await database.db.pool.query(`update job set payload = '{"n":"of an earlier version"}'`);
  start([type]);
  await until(async () => (await rows())[0]!['failed_at'] !== null);
  expect(runs).toEqual([]);
});

test('a job that throws is tried again after growing delays, and ends as failed, visible in doctor and metrics', async () => {
  const delays: number[] = [];
  const { type, runs } = recorded(() => Promise.reject(new Error('the disk is full')), {
    maxAttempts: 3,
    retryDelayMs(attempt) {
      delays.push(attempt);
      return attempt * 100;
    },
  });
  start([type]);
  await queue.enqueue(type, { n: 1 });
  await until(async () => (await rows())[0]!['failed_at'] !== null);
  expect(runs.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  expect(delays).toEqual([1, 2]);
  expect(await rows()).toMatchObject([{ attempts: 3, last_error: 'the disk is full', lease_token: null }]);

  expect(await measureJobs(database.db.pool)).toMatchObject({ waiting: 0, due: 0, running: 0, failed: 1 });
  const page = await registry.metrics();
  expect(page).toContain('fairlead_jobs{state="failed"} 1');
  expect(page).toContain('fairlead_job_runs_total{type="test.recorded",outcome="retried"} 2');
  expect(page).toContain('fairlead_job_runs_total{type="test.recorded",outcome="failed"} 1');
  expect(page).toContain('fairlead_job_duration_seconds_count{type="test.recorded"} 3');
  expect(await doctorSays()).toContain(
    'ok   0 jobs wait or run, none overdue; 1 failed; in the last 7 days: 1 test.recorded: the disk is full',
  );

  // Kept for 30 days.
  expect(await dropOldJobs(database.db.pool)).toBe(0);
  await database.db.pool.query("update job set failed_at = failed_at - interval '31 days'");
  expect(await dropOldJobs(database.db.pool)).toBe(1);
});

test('doctor says that no worker runs where jobs have been due for over five minutes', async () => {
  const { type } = recorded();
  await queue.enqueue(type, { n: 1 });
  expect((await doctorSays()).join()).not.toContain('BAD');
  await database.db.pool.query("update job set due_at = now() - interval '6 minutes'");
  expect(await doctorSays()).toContain('BAD  1 jobs have been due for over 5 minutes: is a worker running?');
});

test('doctor says that no worker runs where all maintenance has been due for over five minutes', async () => {
  const recurring = ['test.tick', 'test.tock'].map((name) => ({
    name,
    everyMs: 3_600_000,
    run: () => Promise.resolve(),
  }));
  await scheduleRecurring(database.db, newId, recurring);
  expect((await doctorSays()).join()).not.toContain('BAD');
  await database.db.pool.query("update job set due_at = now() - interval '6 minutes'");
  expect(await doctorSays()).toContain(
    'BAD  maintenance has been due for over 5 minutes: is a worker running?',
  );
  // An earlier version made the other one.
  await database.db.pool.query("update job set due_at = now() + interval '1 hour' where type = 'test.tick'");
  expect((await doctorSays()).join()).not.toContain('BAD');
});

/** Its lines. */
async function doctorSays(): Promise<string[]> {
  const lines: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
  const store = { db: database.db, sealer: {} as never, close: () => Promise.resolve() };
  await doctor(store, { dataDirChosen: false } as never).finally(() => log.mockRestore());
  return lines;
}

test('the delay doubles from 10 s up to an hour', () => {
  expect([1, 2, 3, 9, 10, 40].map(exponentialDelayMs)).toEqual([
    10_000, 20_000, 40_000, 2_560_000, 3_600_000, 3_600_000,
  ]);
});

test('a job enqueued in a transaction that is rolled back never runs; in one that commits it does', async () => {
  const { type, runs } = recorded();
  start([type]);
  const { db } = database;
  const failing = db.transaction(async (trx) => {
    await queue.enqueue(type, { n: 1 }, { trx });
    throw new Error('rolled back');
  });
  await expect(failing).rejects.toThrow('rolled back');
  await db.transaction((trx) => queue.enqueue(type, { n: 2 }, { trx }));
  await until(() => runs.length > 0);
  await until(isEmpty);
  expect(runs.map((run) => run.payload.n)).toEqual([2]);
});

test('a job waits for its time', async () => {
  const { type, runs } = recorded();
  start([type]);
  const runAt = new Date(Date.now() + 3_000).toISOString();
  await queue.enqueue(type, { n: 1 }, { runAt });
  await until(isEmpty);
  expect(runs).toHaveLength(1);
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(runAt));
});

test('of jobs with one unique key one waits, with what was enqueued last', async () => {
  const { type, runs } = recorded();
  const [acme, elsewhere] = [randomUUID(), randomUUID()];
  const later = new Date(Date.now() + 3_600_000).toISOString();
  const id = await queue.enqueue(type, { n: 1 }, { uniqueKey: 'k', workspaceId: acme, runAt: later });
  expect(await queue.enqueue(type, { n: 2 }, { uniqueKey: 'k', workspaceId: acme })).toBe(id);
  // Another workspace, another key, no workspace: jobs of their own.
  await queue.enqueue(type, { n: 3 }, { uniqueKey: 'k', workspaceId: elsewhere });
  await queue.enqueue(type, { n: 4 }, { uniqueKey: 'other', workspaceId: acme });
  await queue.enqueue(type, { n: 5 }, { uniqueKey: 'k' });
  expect(await queue.cancel(type, 'other', { workspaceId: acme })).toBe(true);
  expect(await queue.cancel(type, 'other', { workspaceId: acme })).toBe(false);
  start([type]);
  await until(isEmpty);
  expect(runs.map((run) => run.payload.n).toSorted((a, b) => a - b)).toEqual([2, 3, 5]);
});

test('a job that is enqueued again while it runs runs once more, with the new payload', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { type, runs } = recorded(() => held);
  start([type]);
  const id = await queue.enqueue(type, { n: 1 }, { uniqueKey: 'k' });
  await until(() => runs.length === 1);
  for (const n of [2, 3]) expect(await queue.enqueue(type, { n }, { uniqueKey: 'k' })).toBe(id);
  expect(runs).toHaveLength(1);
  release();
  await until(isEmpty);
  expect(runs.map((run) => run.payload.n)).toEqual([1, 3]);
});

test('a workspace has no more jobs of a type at once than the type allows, over all workers, and holds up no other', async () => {
  const [busy, other] = [randomUUID(), randomUUID()];
  const now = new Map<string, number>();
  let most = 0;
  const order: string[] = [];
  const { type } = recorded(
    async ({ workspaceId }) => {
      const count = (now.get(workspaceId!) ?? 0) + 1;
      now.set(workspaceId!, count);
      if (workspaceId === busy) most = Math.max(most, count);
      order.push(workspaceId!);
      await sleep(200);
      now.set(workspaceId!, now.get(workspaceId!)! - 1);
    },
    { perWorkspace: 2 },
  );
  for (let n = 0; n < 12; n++) await queue.enqueue(type, { n }, { workspaceId: busy });
  await queue.enqueue(type, { n: 99 }, { workspaceId: other });
  start([type]);
  start([type]);
  await until(isEmpty);
  expect(most).toBe(2);
  expect(order).toHaveLength(13);
  expect(order.indexOf(other)).toBeLessThan(6);
});

test('a run that takes too long is aborted, and tried again', async () => {
  const reasons: string[] = [];
  const { type, runs } = recorded(
    async ({ attempt, signal }) => {
      if (attempt > 1) return;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      reasons.push((signal.reason as Error).message);
      signal.throwIfAborted();
    },
    { timeoutMs: 300, retryDelayMs: () => 0 },
  );
  start([type]);
  await queue.enqueue(type, { n: 1 });
  await until(isEmpty);
  expect(runs).toHaveLength(2);
  expect(reasons).toEqual(['It took longer than 0.3 s.']);
});

test('a job during which its process ended five times is not run a sixth time', async () => {
  const { type, runs } = recorded();
  const id = await queue.enqueue(type, { n: 1 });
  await database.db.pool.query('update job set lease_token = gen_random_uuid(), crashes = 4 where id = $1', [
    id,
  ]);
  start([type]);
  await until(async () => (await rows())[0]!['failed_at'] !== null);
  expect(runs).toEqual([]);
  expect(await rows()).toMatchObject([{ last_error: 'The process ended during 5 runs of it.' }]);
});

test('jobs of types that this version does not know are left to others', async () => {
  const { type, runs } = recorded();
  const unknown = jobType({ name: 'test.unknown', payload, run: () => Promise.resolve() });
  await queue.enqueue(unknown, { n: 1 });
  await queue.enqueue(type, { n: 2 });
  start([type]);
  await until(() => runs.length === 1);
  await until(async () => (await rows()).length === 1);
  expect(await rows()).toMatchObject([{ type: 'test.unknown', lease_token: null }]);
});

test('a recurring job that throws runs again at its next time; long jobs do not hold it up', async () => {
  let ticks = 0;
  const { type } = recorded(
    ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)),
  );
  for (let n = 0; n < 6; n++) await queue.enqueue(type, { n });
  start(
    [type],
    [
      {
        name: 'test.tick',
        everyMs: 100,
        run: () => Promise.reject(new Error(`tick ${(ticks += 1)}`)),
      },
    ],
  );
  await until(() => ticks >= 3);
  const running = (await rows()).filter((row) => row['lease_token'] !== null);
  expect(running).toHaveLength(4);
});

test('a pass runs what is due, each recurring job once, and ends', async () => {
  const { type, runs } = recorded();
  let ticks = 0;
  for (let n = 0; n < 9; n++) await queue.enqueue(type, { n });
  await queue.enqueue(type, { n: 99 }, { runAt: new Date(Date.now() + 3_600_000).toISOString() });
  const worker = makeJobWorker({
    db: database.db,
    newId,
    log: silent,
    random: () => 0,
    queue,
    types: [type],
    recurring: [{ name: 'test.tick', everyMs: 0, run: () => Promise.resolve((ticks += 1)) }],
    registry,
  });
  workers.push(worker);
  await worker.pass();
  expect(runs).toHaveLength(9);
  expect(ticks).toBe(1);
});

test('a run that has lost its lease writes no outcome, though it ends well', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { type, runs } = recorded(() => held);
  start([type]);
  await queue.enqueue(type, { n: 1 });
  await until(() => runs.length === 1);
  // As another process would: it has the job from now on.
  const token = randomUUID();
  await database.db.pool.query("update job set lease_token = $1, due_at = now() + interval '1 hour'", [
    token,
  ]);
  release();
  await until(async () => (await registry.metrics()).includes('outcome="lease_lost"} 1'));
  expect(await rows()).toMatchObject([{ lease_token: token, attempts: 0 }]);
});

test('a stop waits for a run that ends soon, and writes its outcome', async () => {
  const { type, runs } = recorded(() => sleep(1_000));
  const worker = start([type]);
  await queue.enqueue(type, { n: 1 });
  await until(() => runs.length === 1);
  await worker.stop();
  expect(await rows()).toEqual([]);
  expect(runs[0]!.signal.aborted).toBe(true);
});

test('two jobs of one name are a mistake that is found when the program is put together', () => {
  const { type } = recorded();
  expect(() => start([type, type])).toThrow('two jobs have the same name');
  expect(() => jobType({ name: 'Not a name', payload, run: () => Promise.resolve() })).toThrow('Not a name');
});
