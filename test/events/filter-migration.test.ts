import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readFilter } from '../../src/events/event-filter.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

const HOOKS = '/api/v1/webhooks';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
});
afterAll(() => s.stop());

async function hook(more: object) {
  const body = { name: 'w', url: 'http://127.0.0.1:9/', events: ['contact.created'], ...more };
  const reply = await s.ask('POST', HOOKS, { body });
  expect(reply.status, reply.text).toBe(201);
  return reply.json;
}
const uuidOf = (id: string) => id.slice(3).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

test('the migration counts filters of an older version like new ones', async () => {
  const filter = {
    any: [
      { tag: 'a' },
      { not: { field: 'notes', op: 'contains', value: 'b' } },
      {
        all: [
          { field: 'tags', op: 'contains', value: 7 },
          { field: 'status', op: 'in', value: ['x', 'y', 'z'] },
        ],
      },
      { field: 'email', op: 'exists' },
    ],
  };
  const { id } = await hook({ filter, events: ['lead.created'] });
  const counted = () =>
    s.db.pool.query('select filter_texts, filter_values from endpoint where id = $1', [uuidOf(id)]);
  const before = (await counted()).rows;
  expect(before).toEqual([{ filter_texts: ['tags', 'notes'], filter_values: 7 }]);
  const bytes = async () =>
    (await s.db.pool.query('select filter_bytes from endpoint where id = $1', [uuidOf(id)])).rows[0]
      .filter_bytes;
  expect(await bytes()).toBe(readFilter(filter, []).bytes);
  const sql = await readFile(
    new URL('../../src/db/migrations/0062_filter_budget.sql', import.meta.url),
    'utf8',
  );
  await s.db.pool.query("update endpoint set filter_texts = '{}', filter_values = 0, filter_bytes = 0");
  await s.db.pool.query(sql.slice(sql.indexOf('update endpoint'), sql.indexOf('create index')));
  expect((await counted()).rows).toEqual(before);
  const { rows } = await s.db.pool.query(
    'select octet_length(filter_path::text) as n from endpoint where id = $1',
    [uuidOf(id)],
  );
  expect(await bytes()).toBe(rows[0].n);
});
