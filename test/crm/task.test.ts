import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCase, startScenario, type ApiCase, type Person, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
});
afterAll(() => s.stop());

const PATH = '/api/v1/tasks';
const run = (item: Omit<ApiCase, 'name'>) => runCase(s, { name: '', ...item });
const make = async (path: string, body: object, as: Person = s.alice): Promise<string> => {
  const reply = await s.ask('POST', path, { as, body });
  expect(reply.status, reply.text).toBe(201);
  return reply.json.id;
};
const contact = (as?: Person) => make('/api/v1/contacts', { first_name: 'Jane' }, as);
const company = (as?: Person) => make('/api/v1/companies', { name: 'Acme' }, as);

describe('AX10: events of an action', () => {
  test('completing fires only task.completed and sets completed_at; reopening is an update', async () => {
    const path = `${PATH}/${await make(PATH, { title: 'Call' })}`;
    const patch = (body: object, events: string[], check: ApiCase['check']) =>
      run({ method: 'PATCH', path, body, status: 200, events, ...(check && { check }) });
    let at = '';
    await patch({ status: 'completed', priority: 'low' }, ['task.completed'], ({ json }) => {
      at = json.completed_at;
      expect(Math.abs(Date.parse(at) - Date.now())).toBeLessThan(60_000);
      expect(json).toMatchObject({ status: 'completed', priority: 'low', updated_at: at });
    });
    await patch({ status: 'completed' }, [], ({ json }) => expect(json.completed_at).toBe(at));
    await patch({ title: 'Called' }, ['task.updated'], ({ json }) => expect(json.completed_at).toBe(at));
    // Sent back as read: completed_at is ignored.
    await patch({ completed_at: '2020-01-01T00:00:00.000Z' }, [], ({ json }) =>
      expect(json.completed_at).toBe(at),
    );
    await patch({ status: 'open' }, ['task.updated'], ({ json }) => expect(json.completed_at).toBeNull());
    await patch({ status: 'completed' }, ['task.completed'], ({ json }) =>
      expect(json.completed_at).not.toBeNull(),
    );
  });

  test('creating a completed task fires only task.created', async () => {
    await run({
      method: 'POST',
      path: PATH,
      body: { title: 'Done before', status: 'completed' },
      status: 201,
      events: ['task.created'],
      check: ({ json }) => expect(json.completed_at).toBe(json.created_at),
    });
  });

  test('null restores the default', async () => {
    const path = `${PATH}/${await make(PATH, { title: 'Call', priority: 'urgent', due_date: '2026-06-30' })}`;
    await run({
      method: 'PATCH',
      path,
      body: { priority: null, status: null, due_date: null },
      status: 200,
      events: ['task.updated'],
      check: ({ json }) => expect(json).toMatchObject({ priority: 'medium', status: 'open', due_date: null }),
    });
  });
});

describe('references of a task', () => {
  test('to a contact, a company and a deal of the workspace; lists can be filtered by them', async () => {
    const [jane, acme] = [await contact(), await company()];
    const contract = await make('/api/v1/deals', { name: 'Contract', company_id: acme });
    const about = { contact_id: jane, company_id: acme.toUpperCase(), deal_id: contract };
    const id = await make(PATH, { title: 'Call', ...about });
    const read = (await s.ask('GET', `${PATH}/${id}`)).json;
    expect(read).toMatchObject({ contact_id: jane, company_id: acme, deal_id: contract });
    await make(PATH, { title: 'About nobody' });
    for (const filter of [`contact_id=${jane}`, `company_id=${acme}`, `deal_id=${contract}`]) {
      expect((await s.ask('GET', `${PATH}?${filter}`)).json.data).toEqual([read]);
    }
    // The reference stays when the contact is deleted, and may be sent back or removed.
    await s.ask('DELETE', `/api/v1/contacts/${jane}`);
    await run({ method: 'PUT', path: `${PATH}/${id}`, body: read, status: 200, events: [] });
    await run({
      method: 'PATCH',
      path: `${PATH}/${id}`,
      body: { contact_id: null },
      status: 200,
      events: ['task.updated'],
    });
  });

  test("to another workspace's record, a deleted one or an unknown one are refused by field, and nothing is written", async () => {
    const gone = await contact();
    await s.ask('DELETE', `/api/v1/contacts/${gone}`);
    const id = await make(PATH, { title: 'Call' });
    await s.newEvents();
    for (const [field, value] of [
      ['contact_id', await contact(s.charlie)],
      ['company_id', await company(s.charlie)],
      ['contact_id', gone],
      ['contact_id', await company()],
      ['company_id', '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21'],
      ['contact_id', 'nonsense'],
      ['deal_id', await make('/api/v1/deals', { name: 'Theirs' }, s.charlie)],
    ] as const) {
      await s.newEvents();
      const body = { title: 'Call', [field]: value };
      await run({ method: 'POST', path: PATH, body, status: 400, fields: [field] });
      await run({ method: 'PATCH', path: `${PATH}/${id}`, body, status: 400, fields: [field] });
    }
    expect((await s.ask('GET', `${PATH}/${id}`)).json).toMatchObject({
      version: 1,
      contact_id: null,
      company_id: null,
    });
  });

  test('in a batch, errors are reported by item', async () => {
    const jane = await contact();
    const theirs = await contact(s.charlie);
    await s.newEvents();
    await run({
      method: 'POST',
      path: `${PATH}/batch`,
      body: {
        records: [
          { title: 'a', contact_id: jane },
          { title: 'b', contact_id: theirs },
          { title: 'c', company_id: jane },
        ],
      },
      status: 200,
      events: ['task.created'],
      check({ json }) {
        expect(json.results.map((item: { status: number }) => item.status)).toEqual([201, 400, 400]);
        expect(json.results[1].error.fields[0].field).toBe('contact_id');
        expect(json.results[2].error.fields[0].field).toBe('company_id');
      },
    });
  });

  test('the database refuses a reference to another workspace', async () => {
    const theirs = await contact(s.charlie);
    const id = await make(PATH, { title: 'Call' });
    await expect(
      s.db.pool.query('update task set contact_id = $1 where id = $2', [theirs, id]),
    ).rejects.toThrow('foreign key');
  });
});

describe('invalid input', () => {
  test.each([
    ['due_date', '2026-02-30'],
    ['due_date', 'tomorrow'],
    ['due_date', '2026-06-30T12:00:00Z'],
    ['status', 'done'],
    ['priority', 5],
    ['title', null],
  ])('%s: %j', async (field, value) => {
    await run({
      method: 'POST',
      path: PATH,
      body: { title: 'a', [field]: value },
      status: 400,
      fields: [field],
    });
  });

  test.each(['contact_id=nonsense', 'due_date=soon', 'company_id=1'])('a list with %s', async (query) => {
    await run({ method: 'GET', path: `${PATH}?${query}`, status: 400, fields: [query.split('=')[0]!] });
  });
});
