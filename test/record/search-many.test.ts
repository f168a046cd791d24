import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../kit/process.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

/** More than the newest documents, which a search reads first. */
const CONTACTS = 2_600;

let s: Scenario;

beforeAll(async () => {
  s = await startScenario();
  await s.db.pool.query(
    `insert into contact (workspace_id, id, version, first_name, last_name, email, status, custom_fields, created_by,
       created_at, updated_at)
     select $1, ('01976d3c-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 1,
       case when n % 2 = 0 then 'Evenfield' else 'Oddfield' end,
       case when n % 130 = 7 then 'Seldomworth' when n = 3 then 'Lager-Nord123 Müllersen' else 'Lager' end,
       'reader' || n || '@example.com', 'lead', '{}', 'test', now(), now()
     from generate_series(1, ${CONTACTS}) n`,
    [s.alice.workspaceId],
  );
  await s.db.pool.query('insert into search_pending (workspace_id, object_type) values ($1, $2)', [
    s.alice.workspaceId,
    'contact',
  ]);
  await until(async () => (await s.db.pool.query('select from search_pending')).rowCount === 0);
});
afterAll(() => s?.stop());

/** The numbers of all contacts that a list with this query has, over all pages. */
async function listed(query: string): Promise<number[]> {
  const found: number[] = [];
  let next: string | null = `/api/v1/contacts?limit=100&${query}`;
  while (next !== null) {
    const { status, json, text } = await s.ask('GET', next);
    expect(status, text).toBe(200);
    found.push(...json.data.map(({ email }: { email: string }) => Number(/\d+/.exec(email)![0])));
    next = json.next_url;
  }
  return found;
}
const numbers = (holds: (n: number) => boolean) =>
  Array.from({ length: CONTACTS }, (_, at) => CONTACTS - at).filter(holds);
const documentsSeem = (count: number) =>
  s.db.pool.query(`update pg_class set reltuples = $1 where relname = 'search_document'`, [count]);

test.each(['lager-nord123', 'nord123 müllersen', 'ord12', 'reader3@example.com'])(
  'a word of one old record is found: %s',
  async (words) => {
    expect(await listed(`q=${encodeURIComponent(words)}`)).toEqual([3]);
    const { json } = await s.ask('GET', `/api/v1/search?q=${encodeURIComponent(words)}`);
    expect(json.data.map(({ title }: { title: string }) => title)).toEqual([
      'Oddfield Lager-Nord123 Müllersen',
    ]);
  },
);

test('a word whose parts are in other records is not found', async () => {
  expect(await listed('q=lager-nord123-evenfield')).toEqual([]);
  expect(await listed('q=seldomfield')).toEqual([]);
});

test('a common word is found in every record that has it, once, in every order', async () => {
  const even = numbers((n) => n % 2 === 0);
  expect(await listed('q=evenfield')).toEqual(even);
  const byName = await listed('q=evenfield&sort=last_name');
  expect(byName.toSorted((a, b) => b - a)).toEqual(even);
});

test.each([CONTACTS, 1_000_000_000])(
  'a word of one record in a hundred is found, with about %i documents',
  async (count) => {
    await documentsSeem(count);
    expect(await listed('q=seldomworth')).toEqual(numbers((n) => n % 130 === 7));
    const { json } = await s.ask('GET', '/api/v1/search?q=seldomworth&limit=50');
    expect(json.data).toHaveLength(20);
  },
);
