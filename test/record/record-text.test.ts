import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario();
});
afterAll(() => s.stop());

async function create(path: string, body: object): Promise<{ id: string }> {
  const reply = await s.ask('POST', `/api/v1/${path}`, { body });
  expect(reply.status, reply.text).toBe(201);
  return reply.json;
}

/** Records with every kind of value that a list holds. */
const RECORDS: [path: string, bodies: () => Promise<object[]>][] = [
  [
    'contacts',
    async () => [
      { first_name: 'Jane' },
      { first_name: '"quoted" \\ back', last_name: 'tab\tline\nend', notes: 'é 日本 😀 \u007f \u2028' },
      { first_name: '0', last_name: 'null', custom_fields: { a: 'x', b: 1.5, c: true, '\u0064d': '"' } },
      { first_name: 'E', email: 'e@example.com', other_emails: ['f@example.com', 'g@example.com'] },
      { first_name: '"', email: 'jane@example.com', phone: '+1 555 0100', source: 'web' },
    ],
  ],
  [
    'companies',
    async () => [{ name: 'Acme' }, { name: 'A\\"B', custom_fields: { n: -0.25, big: 123456789012 } }],
  ],
  [
    'tasks',
    async () => [
      {
        title: 'Call',
        due_date: '2026-06-01',
        contact_id: (await create('contacts', { first_name: 'T' })).id,
      },
      { title: 'Done', status: 'completed' },
    ],
  ],
  [
    'deals',
    async () => [
      { name: 'Wedding', value: 1234.5, currency: 'EUR', expected_close_date: '2026-12-31' },
      { name: 'Nothing', value: 0 },
      { name: 'Large', value: 99999999999.9999 },
    ],
  ],
];

describe.each(RECORDS)('GET /%s', (path, bodies) => {
  test('lists each record exactly as GET of that record answers it', async () => {
    for (const body of await bodies()) await create(path, body);
    for (const query of ['limit=200', 'sort=updated_at', 'sort=-updated_at&limit=2', 'count=exact']) {
      const { status, json, text } = await s.ask('GET', `/api/v1/${path}?${query}`);
      expect(status).toBe(200);
      expect(json.data.length).toBeGreaterThan(1);
      const texts = await Promise.all(
        json.data.map(async ({ id }: { id: string }) => (await s.ask('GET', `/api/v1/${path}/${id}`)).text),
      );
      const { data: _data, ...rest } = json;
      expect(text).toBe(`{"data":[${texts.join(',')}],${JSON.stringify(rest).slice(1)}`);
    }
  });

  test('pages by every sort find each record once, in order', async () => {
    for (const sort of ['created_at', '-created_at', 'updated_at', '-updated_at']) {
      const all = (await s.ask('GET', `/api/v1/${path}?limit=200&sort=${sort}`)).json.data;
      const paged: unknown[] = [];
      let next: string | null = `/api/v1/${path}?limit=1&sort=${sort}`;
      while (next !== null) {
        const page: { data: unknown[]; next_url: string | null } = (await s.ask('GET', next)).json;
        paged.push(...page.data);
        next = page.next_url;
      }
      expect(paged).toEqual(all);
    }
  });
});

test('a value with the separator of columns is listed as it is', async () => {
  const odd = { first_name: 'a\x1fb', last_name: '\x1f"', notes: '\x1e\x1f\x1d' };
  const { id } = await create('contacts', odd);
  const { json } = await s.ask('GET', '/api/v1/contacts?limit=3');
  expect(json.data[0]).toMatchObject({ id, ...odd });
  expect(json.data).toHaveLength(3);
  expect(json.has_more).toBe(true);
  const after = await s.ask('GET', json.next_url);
  expect(after.json.data[0].id < json.data[2].id).toBe(true);
});

test('an empty list', async () => {
  const { id: workspaceId } = await s.app.workspaces.create({ name: 'Empty' });
  const { raw } = await s.app.keys.create({ workspaceId, name: 'k', style: 'fairlead', createdBy: 'test' });
  const { text } = await s.ask('GET', '/api/v1/contacts', { as: raw });
  expect(text).toBe('{"data":[],"has_more":false,"next_cursor":null,"next_url":null}');
});
