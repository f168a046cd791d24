import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeRecordNumbers } from '../../src/events/record-number.ts';
import { MODULE_NOUNS } from '../../src/modules.ts';
import { numberJob } from '../../src/record/numbers/number-job.ts';
import { startProgram } from '../kit/process.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
});
afterAll(() => s?.stop());

const rows = async (text: string, values: unknown[] = []) =>
  (await s.db.pool.query<{ id: string; number: number }>(text, values)).rows;
const people = (count: number) =>
  Array.from({ length: count }, () => ({ object: 'contact', id: randomUUID() as string }));

test('two processes that number the same records at once agree on every number, and give none twice', async () => {
  const workspaceId = randomUUID();
  const [first, second] = [makeRecordNumbers(s.db, []), makeRecordNumbers(s.db, [])];
  const objects = people(700);
  const results = await Promise.all(
    Array.from({ length: 14 }, (_, n) =>
      (n % 2 ? first : second).numbersOf(workspaceId, objects.slice(n * 40, n * 40 + 150)),
    ),
  );
  const all = new Map<string, number>();
  for (const [id, number] of results.flatMap((result) => [...result])) {
    expect(all.get(id) ?? number).toBe(number);
    all.set(id, number);
  }
  expect(new Set(all.values()).size).toBe(all.size);
});

test('two processes, killed with -9: numbers that one of them gave are never given again', async () => {
  const workspaceId = s.alice.workspaceId;
  const drawUntilKilled = async () => {
    const program = startProgram(
      process.execPath,
      [path.join(import.meta.dirname, '../kit/number-process.mjs')],
      { env: { CONNECTION: JSON.stringify(s.connection), WORKSPACE: workspaceId } },
    );
    await program.says(/(?:.*\n){30}/);
    program.kill('SIGKILL');
    await program.exited;
    const lines = program.stdout.split('\n').slice(0, -1);
    return lines.map((line) => Number(line.split(' ')[1]));
  };
  const drawn = (await Promise.all([drawUntilKilled(), drawUntilKilled()])).flat();
  const own = await makeRecordNumbers(s.db, []).numbersOf(workspaceId, people(30));
  const all = [...drawn, ...own.values()];
  expect(drawn.length).toBeGreaterThanOrEqual(60);
  expect(new Set(all).size).toBe(all.length);
});

test('existing records are numbered in the order of their creation; an interrupted run goes on where it was', async () => {
  const workspaceId = s.alice.workspaceId;
  const body = { name: 'x', url: 'https://example.com/', events: ['company.created'], format: 'axcelerate' };
  expect((await s.ask('POST', '/api/v1/webhooks', { body })).status).toBe(201);
  const { rows: made } = await s.db.pool.query<{ id: string }>(
    `insert into company (workspace_id, id, version, name, custom_fields, created_by, created_at, updated_at)
     select $1, ('01976d3c-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 1, 'Company ' || n, '{}', 'test', now(), now()
     from generate_series(1, 1300) n returning id`,
    [workspaceId],
  );
  const numbers = makeRecordNumbers(s.db, []);
  // A record that was needed before keeps its number.
  const early = made.at(-1)!.id;
  const before = (await numbers.numbersOf(workspaceId, [{ object: 'company', id: early }])).get(early);
  const stop = new AbortController();
  let batches = 0;
  const nouns = MODULE_NOUNS.filter(({ name }) => name === 'company');
  const interrupted = {
    ...numbers,
    numbersOf: (...wanted: Parameters<typeof numbers.numbersOf>) => {
      if ((batches += 1) === 2) stop.abort();
      return numbers.numbersOf(...wanted);
    },
  };
  const now = () => Date.now() + 3_600_000;
  expect(await numberJob({ db: s.db, numbers: interrupted, nouns }, now).run(stop.signal)).toBe(1000);
  const numbered = () =>
    rows(
      `select record_id as id, number from record_number where workspace_id = $1 and object = 'company' order by record_id`,
      [workspaceId],
    );
  const half = await numbered();
  expect(half).toHaveLength(1001);
  expect(await numberJob({ db: s.db, numbers, nouns }, now).run(new AbortController().signal)).toBe(300);
  const whole = await numbered();
  expect(whole).toHaveLength(1300);
  expect(new Set(whole.map(({ number }) => number)).size).toBe(1300);
  expect(whole.at(-1)).toEqual({ id: early, number: before });
  const others = whole.slice(0, 1000).map(({ number }) => number);
  expect(others).toEqual(others.toSorted((a, b) => a - b));
  expect(await numberJob({ db: s.db, numbers, nouns }, now).run(new AbortController().signal)).toBe(0);
});
