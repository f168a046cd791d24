import { afterEach, describe, expect, test } from 'vitest';
import { ApiError } from '../../src/base/errors.ts';
import {
  makeSchemaWorkers,
  SCHEMA_WORKER_LIMITS,
  type SchemaWorkerLimits,
  type SchemaWorkers,
} from '../../src/events/schema-workers.ts';

const running: SchemaWorkers[] = [];
afterEach(() => Promise.all(running.splice(0).map((item) => item.close())));

function workers(limits: Partial<SchemaWorkerLimits> = {}): SchemaWorkers {
  const made = makeSchemaWorkers({ ...SCHEMA_WORKER_LIMITS, ...limits });
  running.push(made);
  return made;
}

const check = (schema: object, data: unknown, maxSteps = 1e15) =>
  ({ kind: 'check', schema: JSON.stringify(schema), data: JSON.stringify(data), maxSteps }) as const;
const easy = check({ type: 'object' }, {});
/** A schema and data that would take hours to check. */
const endless = check(
  { allOf: Array.from({ length: 1000 }, () => ({ uniqueItems: true })) },
  Array.from({ length: 100_000 }, (_, n) => n),
);
const timeUsedUp = { code: 'unavailable', headers: { 'retry-after': '2' } };

describe('in a thread of its own', () => {
  test('a schema is compiled, and data checked against it', async () => {
    const { run } = workers();
    expect(await run('a', easy)).toEqual({ problem: null });
    expect(await run('a', check({ properties: { n: { type: 'string' } } }, { n: 7 }))).toEqual({
      problem: { path: ['n'], message: 'must be string' },
    });
    expect(await run('a', check({ items: {} }, [1, 2, 3, 4], 5))).toEqual({ stepsUsedUp: true });
    const formats = ['date'];
    const compile = (schema: object) =>
      ({ kind: 'compile', schema: JSON.stringify(schema), formats }) as const;
    expect(await run('a', compile({ type: 'object' }))).toEqual({ problem: null });
    expect(await run('a', compile({ type: 'text' }))).toMatchObject({
      problem: { message: expect.stringContaining('type') },
    });
  });

  test('a job that takes too long is ended, and the next one runs in a new thread', async () => {
    const { run } = workers({ workers: 1, jobMs: 200 });
    const slow = run('a', endless);
    const after = run('b', easy);
    await expect(slow).rejects.toMatchObject(timeUsedUp);
    await expect(slow).rejects.toBeInstanceOf(ApiError);
    expect(await after).toEqual({ problem: null });
  });

  test('a workspace has one thread at a time: another does not wait for its slow ones', async () => {
    const { run } = workers({ workers: 2, jobMs: 60_000 });
    const slow = [run('slow', endless), run('slow', endless), run('slow', endless)].map((item) =>
      item.catch((error: unknown) => error),
    );
    for (let n = 0; n < 3; n++) expect(await run('other', easy)).toEqual({ problem: null });
    await running.pop()!.close();
    for (const entry of slow) expect(await entry).toMatchObject(timeUsedUp);
  });

  test('workspaces take turns', async () => {
    const { run } = workers({ workers: 1 });
    const order: string[] = [];
    const ask = (workspaceId: string) => run(workspaceId, easy).then(() => order.push(workspaceId));
    await Promise.all([...Array.from({ length: 6 }, () => ask('many')), ask('one')]);
    expect(order.indexOf('one')).toBeLessThan(3);
  });

  test('too many waiting jobs, and one that waits too long, are refused with a retry time', async () => {
    const { run } = workers({ workers: 1, jobMs: 60_000, waitMs: 200, waitingEach: 2, waitingAll: 3 });
    const first = run('a', endless).catch(() => undefined);
    const waiting = [run('a', easy), run('a', easy), run('b', easy)];
    const failed = Promise.all(waiting.map((item) => expect(item).rejects.toMatchObject(timeUsedUp)));
    await expect(run('a', easy)).rejects.toMatchObject(timeUsedUp);
    await expect(run('c', easy)).rejects.toMatchObject(timeUsedUp);
    await failed;
    await running.pop()!.close();
    await first;
  });

  test('an idle thread ends, and another one starts with the next job', async () => {
    const { run } = workers({ idleMs: 10 });
    await run('a', easy);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await run('a', easy)).toEqual({ problem: null });
  });
});
