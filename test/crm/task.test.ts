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

describe('the agenda', () => {
  const AGENDA = `${PATH}/agenda`;
  const TODAY = '2031-05-10';
  let tag = 0;
  const get = async (query: string, as: Person = s.alice) => {
    const reply = await s.ask('GET', `${AGENDA}?today=${TODAY}&${query}`, { as });
    expect(reply.status, reply.text).toBe(200);
    return reply.json;
  };
  const titles = (page: { data: { title: string }[] }) => page.data.map(({ title }) => title);
  /** Tasks of a test, with a tag of their own. */
  async function prepare(): Promise<string> {
    const name = `agenda-${++tag}`;
    const records = [
      { title: 'No date' },
      { title: 'Later', due_date: '2031-06-01' },
      { title: 'Tomorrow', due_date: '2031-05-11' },
      { title: 'Today', due_date: TODAY },
      { title: 'Today too', due_date: TODAY },
      { title: 'Yesterday', due_date: '2031-05-09' },
      { title: 'Long ago', due_date: '0001-01-01' },
      { title: 'Done', due_date: '2031-05-01', status: 'completed' },
    ];
    const reply = await s.ask('POST', `${PATH}/batch`, {
      body: { records: records.map((record) => ({ ...record, tags: [name] })) },
    });
    expect(reply.json.results.every(({ status }: { status: number }) => status === 201)).toBe(true);
    return `tag=${name}`;
  }
  const OPEN = ['Long ago', 'Yesterday', 'Today', 'Today too', 'Tomorrow', 'Later', 'No date'];

  test('holds open tasks by due date, those without one last; each view a part of them, with counts', async () => {
    const filter = await prepare();
    const all = await get(filter);
    expect(titles(all)).toEqual(OPEN);
    expect(all.counts).toEqual({ open: 7, overdue: 2, today: 2, upcoming: 2 });
    for (const [view, expected] of [
      ['overdue', ['Long ago', 'Yesterday']],
      ['today', ['Today', 'Today too']],
      ['upcoming', ['Tomorrow', 'Later']],
      ['completed', ['Done']],
    ] as const)
      expect(titles(await get(`${filter}&view=${view}`)), view).toEqual(expected);
  });

  test('pages repeat and skip nothing, also over equal dates and none; only the first has counts', async () => {
    const filter = await prepare();
    const seen: string[] = [];
    let page = await get(`${filter}&limit=1`);
    expect(page.counts.open).toBe(7);
    for (;;) {
      seen.push(...titles(page));
      if (page.next_url === null) break;
      page = (await s.ask('GET', page.next_url)).json;
      expect(page).not.toHaveProperty('counts');
    }
    expect(seen).toEqual(OPEN);
  });

  test('what was completed last comes first', async () => {
    const filter = await prepare();
    const { data } = await get(`${filter}&view=today`);
    await s.ask('PATCH', `${PATH}/${data[0].id}`, { body: { status: 'completed' } });
    const page = await get(`${filter}&view=completed&limit=1`);
    expect(titles(page)).toEqual(['Today']);
    expect(titles((await s.ask('GET', page.next_url)).json)).toEqual(['Done']);
  });

  test('names the records that a task is about, for those who may read them', async () => {
    const [contactId, companyId] = [await contact(), await company()];
    await make(PATH, { title: 'About', contact_id: contactId, company_id: companyId, tags: ['about'] });
    expect((await get('tag=about')).data[0]).toMatchObject({
      contact: { id: contactId, name: 'Jane' },
      company: { id: companyId, name: 'Acme' },
      deal: null,
    });
    const reader = await s.person(['tasks:read']);
    expect((await get('tag=about', reader)).data[0].contact).toEqual({ id: contactId, name: null });
  });

  test('today is the date in the time zone of the workspace, unless it is sent', async () => {
    const dayIn = (timeZone: string) =>
      new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(Date.now());
    // Two zones that are never on the same day.
    const zones = ['Pacific/Kiritimati', 'Pacific/Pago_Pago'];
    await make(PATH, { title: 'Due', due_date: dayIn(zones[0]!), tags: ['zoned'] });
    const views = [];
    for (const zone of zones) {
      const changed = await s.ask('PATCH', '/api/v1/workspace', { body: { time_zone: zone } });
      expect(changed.status, changed.text).toBe(200);
      const { counts } = (await s.ask('GET', `${AGENDA}?tag=zoned`)).json;
      views.push([counts.today, counts.upcoming]);
    }
    expect(views).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });

  test('403 without the scope, nothing of another workspace, and bad input by field', async () => {
    const filter = await prepare();
    await run({ method: 'GET', path: AGENDA, as: s.bob, status: 403, code: 'forbidden' });
    expect(await get(filter, s.charlie)).toMatchObject({ data: [], counts: { open: 0 } });
    const { next_cursor: cursor } = await get(`${filter}&limit=1`);
    for (const [query, field] of [
      ['view=all', 'view'],
      ['today=soon', 'today'],
      ['today=0000-01-01', 'today'],
      ['assignee_id=me', 'assignee_id'],
      ['sort=title', 'sort'],
      [`view=completed&cursor=${cursor}`, 'cursor'],
    ] as const)
      await run({ method: 'GET', path: `${AGENDA}?${query}`, status: 400, fields: [field] });
  });
});
