import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { idMaker } from '../../src/base/id.ts';
import type { Database } from '../../src/db/pool.ts';
import { jobType, type JobRun, type JobType } from '../../src/jobs/job.ts';
import { makeJobLeases } from '../../src/jobs/job-lease.ts';
import { makeJobQueue, type JobQueue } from '../../src/jobs/job-queue.ts';
import { makeJobWorker, type JobWorker } from '../../src/jobs/job-worker.ts';
import { scheduleRecurring, type RecurringJob } from '../../src/jobs/recurring-job.ts';
import { freshDatabase, silent, type TestDatabase } from '../kit/database.ts';
import { until } from '../kit/process.ts';

const newId = idMaker(Date.now);
let database: TestDatabase;
let queue: JobQueue;
const workers: JobWorker[] = [];

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  queue = makeJobQueue({ db: database.db, newId });
  await query('truncate job');
});
afterEach(() => Promise.all(workers.splice(0).map((worker) => worker.stop())));

const query = async (text: string, values: unknown[] = []) =>
  (await database.db.pool.query<Record<string, unknown>>(text, values)).rows;
/** In seconds: the clock can be set back a little between a statement that writes a time and one that reads it. */
const CLOCK_SET_BACK = 1;
const row = async () => (await query('select * from job where not recurring'))[0];

interface Payload {
  n: number;
}

function makeType(
  run: (run: JobRun<Payload>) => Promise<unknown>,
  more: Partial<JobType<Payload>> = {},
): JobType<Payload> {
  return jobType<Payload>({ name: 'test.faulty', payload: z.object({ n: z.number() }), run, ...more });
}

function makeWorker(
  types: readonly JobType<Payload>[],
  recurring: readonly RecurringJob[] = [],
  db: Database = database.db,
): JobWorker {
  const registry = new Registry();
  const parts = { db, newId, log: silent, random: () => 0, queue, types, recurring, registry };
  const worker = makeJobWorker(parts);
  workers.push(worker);
  return worker;
}

describe('whatever a job throws, its attempt ends', () => {
  test.each([
    ['an error with a character that PostgreSQL stores in no text', new Error('row 7: Ja\0ne')],
    ['an error with half a character', new Error('\uD83D')],
    ['an error without a message', new Error('')],
    ['no error', null],
  ])('%s', async (_what, thrown) => {
    const type = makeType(() => Promise.reject(thrown), { retryDelayMs: () => 60_000 });
    makeWorker([type]).start();
    await queue.enqueue(type, { n: 1 });
    await until(async () => (await row())!['attempts'] === 1, 10_000);
    expect(await row()).toMatchObject({ lease_token: null, last_error: expect.any(String) as string });
  });
});

describe('a delay that is no time is replaced by the default, and the process goes on', () => {
  test.each<[string, () => number]>([
    [
      'thrown',
      () => {
        throw new Error('no delay');
      },
    ],
    ['NaN', () => NaN],
    ['endless', () => Infinity],
    ['negative', () => -1],
  ])('%s', async (_what, retryDelayMs) => {
    const type = makeType(() => Promise.reject(new Error('wrong')), { retryDelayMs });
    makeWorker([type]).start();
    await queue.enqueue(type, { n: 1 });
    await until(async () => (await row())!['attempts'] === 1, 10_000);
    const [{ delay }] = (await query(
      'select extract(epoch from due_at - now())::float as delay from job',
    )) as [{ delay: number }];
    expect(delay).toBeGreaterThan(5);
    expect(delay).toBeLessThan(10 + CLOCK_SET_BACK);
  });
});

test('a process that stands still while it claims jobs does not keep others from claiming for long', async () => {
  const type = makeType(() => Promise.resolve());
  await queue.enqueue(type, { n: 1 });
  let goOn = () => {};
  const still = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let locked = false;
  /** Stands still between the lock and the claim, as after SIGSTOP. */
  const paused: Database = {
    ...database.db,
    transaction: (work) =>
      database.db.transaction((trx) =>
        work(
          new Proxy(trx, {
            get(target, name) {
              if (name !== 'query') return Reflect.get(target, name) as unknown;
              return async (statement: Parameters<typeof trx.query>[0]) => {
                if (locked) await still;
                const result = await target.query(statement);
                locked = true;
                return result;
              };
            },
          }),
        ),
      ),
  };
  const claimed = makeJobLeases(paused, newId).claim([type], 4, []);
  claimed.catch(() => undefined);
  await until(() => locked);
  const other = makeJobLeases(database.db, newId);
  try {
    await until(async () => (await other.claim([type], 4, []).catch(() => [])).length === 1, 25_000);
  } finally {
    goOn();
  }
  await expect(claimed).rejects.toThrow('database cannot be reached');
});

test('recurring jobs that were claimed run, although jobs cannot be claimed at that moment', async () => {
  const type = makeType(() => Promise.resolve());
  await queue.enqueue(type, { n: 1 });
  let claims = 0;
  let ran = 0;
  const db: Database = {
    ...database.db,
    transaction: (work) =>
      ++claims === 2 ? Promise.reject(new Error('not now')) : database.db.transaction(work),
  };
  const tick = { name: 'test.tick', everyMs: 60_000, run: () => Promise.resolve((ran += 1)) };
  makeWorker([type], [tick], db).start();
  await until(() => ran === 1, 10_000);
  await until(async () => (await row()) === undefined);
  expect(await query("select crashes from job where type = 'test.tick'")).toEqual([{ crashes: 0 }]);
});

describe('a job that was enqueued again for later while it ran does not run before that', () => {
  const later = () => new Date(Date.now() + 3_600_000).toISOString();
  const waits = async () =>
    (
      await query(
        'select due_at > now() as later, lease_token, again_at, attempts, crashes, payload from job',
      )
    )[0];
  const expected = {
    later: true,
    lease_token: null,
    again_at: null,
    attempts: 0,
    crashes: 0,
    payload: { n: 2 },
  };

  test('where its process stops', async () => {
    const type = makeType(
      ({ signal }) => new Promise((_r, reject) => signal.addEventListener('abort', reject)),
    );
    const worker = makeWorker([type]);
    worker.start();
    await queue.enqueue(type, { n: 1 }, { uniqueKey: 'k' });
    await until(async () => (await row())!['lease_token'] !== null);
    await queue.enqueue(type, { n: 2 }, { uniqueKey: 'k', runAt: later() });
    await worker.stop();
    expect(await waits()).toEqual(expected);
  });

  test('where its process is killed', async () => {
    let ran = 0;
    const type = makeType(() => Promise.resolve((ran += 1)));
    await queue.enqueue(type, { n: 1 }, { uniqueKey: 'k' });
    expect(await makeJobLeases(database.db, newId).claim([type], 1, [])).toHaveLength(1);
    await queue.enqueue(type, { n: 2 }, { uniqueKey: 'k', runAt: later() });
    await query("update job set due_at = now() - interval '1 second'");
    await makeWorker([type]).pass();
    expect(ran).toBe(0);
    expect(await waits()).toEqual(expected);
  });

  test('where it was to run again at once, it does', async () => {
    const payloads: number[] = [];
    const type = makeType(({ payload }) => Promise.resolve(payloads.push(payload.n)));
    await queue.enqueue(type, { n: 1 }, { uniqueKey: 'k' });
    await makeJobLeases(database.db, newId).claim([type], 1, []);
    await queue.enqueue(type, { n: 2 }, { uniqueKey: 'k' });
    await query("update job set due_at = now() - interval '1 second'");
    await makeWorker([type]).pass();
    expect(payloads).toEqual([2]);
    expect(await row()).toBeUndefined();
  });
});

test('a waiting job that is enqueued again starts without the crashes of the earlier one', async () => {
  const type = makeType(() => Promise.resolve());
  await queue.enqueue(type, { n: 1 }, { uniqueKey: 'k' });
  await query('update job set crashes = 4, attempts = 3');
  await queue.enqueue(type, { n: 2 }, { uniqueKey: 'k' });
  expect(await row()).toMatchObject({ crashes: 0, attempts: 0 });
});

test('what is enqueued for now is due at once, whatever the fraction of a millisecond', async () => {
  const type = makeType(() => Promise.resolve());
  for (let n = 0; n < 40; n++)
    await database.db.transaction(async (trx) => {
      const id = await queue.enqueue(type, { n }, { trx });
      // Within a transaction now() stands still.
      const text = 'select due_at <= now() as due from job where id = $1';
      const { rows } = await trx.query<{ due: boolean }>({ text, values: [id] });
      expect(rows[0]!.due).toBe(true);
    });
});

test('a thousand due jobs run once each, over three workers', async () => {
  const ran: number[] = [];
  const type = makeType(({ payload }) => Promise.resolve(ran.push(payload.n)), { perWorkspace: 3 });
  await query(
    `insert into job (id, workspace_id, type, payload, due_at)
     select gen_random_uuid(), ($1::uuid[])[1 + n % 7], 'test.faulty', json_build_object('n', n), now() - interval '1 minute'
     from generate_series(1, 1000) n`,
    [Array.from({ length: 7 }, () => randomUUID())],
  );
  for (let n = 0; n < 3; n++) makeWorker([type]).start();
  await until(async () => (await row()) === undefined, 60_000);
  expect(ran.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, n) => n + 1));
});

describe('the row of a recurring job', () => {
  const tick = { name: 'test.tick', everyMs: 5_000, run: () => Promise.resolve() };
  const wait = async () =>
    (
      await query("select extract(epoch from due_at - now())::float as s from job where type = 'test.tick'")
    )[0];

  test('that was set while the clock of the database was an hour ahead is due after its interval', async () => {
    await scheduleRecurring(database.db, newId, [tick]);
    await query("update job set due_at = now() + interval '1 hour'");
    await scheduleRecurring(database.db, newId, [tick]);
    expect((await wait())!['s']).toBeLessThan(5 + CLOCK_SET_BACK);
  });

  test('that was deleted while workers run is made again after a minute', async () => {
    let ran = 0;
    makeWorker([], [{ ...tick, everyMs: 1_000, run: () => Promise.resolve((ran += 1)) }]).start();
    await until(() => ran === 1);
    await query('truncate job');
    const before = ran;
    expect(await wait()).toBeUndefined();
    const now = performance.now.bind(performance);
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + 61_000);
    await until(() => ran > before).finally(() => clock.mockRestore());
    expect(await wait()).toBeDefined();
  });
});
