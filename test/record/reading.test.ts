import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MODULE_NOUNS as NOUNS } from '../../src/modules.ts';
import { makeMember } from '../kit/member.ts';
import { sampleBody, textField } from '../kit/record-sample.ts';
import { startScenario, type Person, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let acme: { company: string; contact: string; member: string };

const create = async (plural: string, body: object, as: Person = s.alice) => {
  const headers = { prefer: 'return=representation' };
  const { status, json, text } = await s.ask('POST', `/api/v1/${plural}`, { as, body, headers });
  expect(status, text).toBe(201);
  return json as { id: string } & Record<string, unknown>;
};
const createAll = async (plural: string, records: object[], as: Person = s.alice) => {
  const headers = { prefer: 'return=representation' };
  const { json } = await s.ask('POST', `/api/v1/${plural}/batch`, { as, body: { records }, headers });
  expect(json.results.map(({ status }: { status: number }) => status)).toEqual(records.map(() => 201));
  return json.results.map(({ record }: { record: object }) => record) as { id: string }[];
};
const get = async (path: string, as: Person = s.alice) => {
  const reply = await s.ask('GET', `/api/v1/${path}`, { as });
  expect(reply.status, `${path}: ${reply.text}`).toBe(200);
  return reply.json;
};
/** All records of a list, page by page. */
async function paged(path: string, as: Person = s.alice, between?: (page: number) => Promise<void>) {
  const all: Record<string, unknown>[] = [];
  let next: string | null = `/api/v1/${path}`;
  for (let page = 1; next !== null; page++) {
    const { status, json, text } = await s.ask('GET', next, { as });
    expect(status, text).toBe(200);
    all.push(...json.data);
    next = json.next_url;
    if (next !== null) await between?.(page);
  }
  return all;
}
/** A workspace of its own, with a key for everything. */
async function workspace(): Promise<Person> {
  const { id: workspaceId } = await s.app.workspaces.create({ name: randomUUID() });
  const made = await s.app.keys.create({ workspaceId, name: 'k', style: 'fairlead', createdBy: 'test' });
  return { workspaceId, keyId: made.id, key: made.raw };
}

beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api', FAIRLEAD_LEADS_PER_HOUR: '0' });
  const member = await addMember(s, 'Dana');
  const company = await create('companies', { name: 'Acme Ltd', notes: 'long', custom_fields: { size: 4 } });
  const contact = await create('contacts', {
    first_name: 'Jane',
    last_name: 'Doe',
    email: 'jane@example.com',
    company_id: company.id,
    owner_id: member,
    custom_fields: { industry: 'Ships', seats: 3 },
  });
  acme = { company: company.id, contact: contact.id, member };
});
afterAll(() => s.stop());

async function addMember(scenario: Scenario, name: string): Promise<string> {
  return (await makeMember(scenario, 'member', { name })).id;
}

describe('fields', () => {
  test('a record has the requested fields and its id, in its own order', async () => {
    const record = await get(`contacts/${acme.contact}?fields=email,%20first_name`);
    expect(record).toEqual({ id: acme.contact, first_name: 'Jane', email: 'jane@example.com' });
    const { data } = await get('contacts?fields=email,first_name&limit=1');
    expect(JSON.stringify(data[0])).toBe(JSON.stringify(record));
  });

  test('custom fields can be chosen one by one', async () => {
    const path = `contacts/${acme.contact}?fields=custom_fields`;
    expect(await get(`${path}.industry`)).toEqual({ id: acme.contact, custom_fields: { industry: 'Ships' } });
    expect(await get(`${path}.none`)).toEqual({ id: acme.contact, custom_fields: {} });
    expect((await get(`${path},custom_fields.seats`)).custom_fields).toEqual({ industry: 'Ships', seats: 3 });
    const { data } = await get('contacts?fields=custom_fields.seats');
    expect(data).toContainEqual({ id: acme.contact, custom_fields: { seats: 3 } });
  });

  test.each(NOUNS.map(({ plural }) => plural))(
    '%s: a list with every field named is the list without fields',
    async (plural) => {
      const { json: object } = await s.ask('GET', `/api/v1/objects/${plural}`);
      const names = ['version', ...object.fields.map(({ key }: { key: string }) => key)];
      const whole = await s.ask('GET', `/api/v1/${plural}?sort=updated_at`);
      const named = await s.ask('GET', `/api/v1/${plural}?sort=updated_at&fields=${names.join(',')}`);
      expect(JSON.stringify(named.json.data)).toBe(JSON.stringify(whole.json.data));
    },
  );

  test('a computed field is left out, or chosen', async () => {
    const { id } = await create('leads', { name: 'Ada King', email: 'ada@example.com' });
    expect(await get(`leads/${id}?fields=email`)).toEqual({ id, email: 'ada@example.com' });
    const { data } = await get('leads?fields=lead_url,number&limit=1');
    expect(Object.keys(data[0])).toEqual(['id', 'number', 'lead_url']);
  });

  test('pages with fields follow each other', async () => {
    await createAll(
      'companies',
      ['a', 'b', 'c'].map((name) => ({ name })),
    );
    for (const sort of ['created_at', '-updated_at', 'name', '-industry']) {
      const all = await paged(`companies?fields=name&limit=1&sort=${sort}`);
      expect(all).toEqual((await get(`companies?fields=name&sort=${sort}`)).data);
    }
  });

  test('deleted records keep when and by whom they were deleted', async () => {
    const { id } = await create('companies', { name: 'Gone' });
    await s.ask('DELETE', `/api/v1/companies/${id}`);
    const { data } = await get('companies?deleted=only&fields=name');
    expect(Object.keys(data[0])).toEqual(['id', 'name', 'deleted_at', 'deleted_by', 'restorable_until']);
  });

  test.each(['', ',', 'nothing', 'email,nothing', '__proto__', 'custom_fields.a.b', 'expanded'])(
    'fields=%s is refused',
    async (sent) => {
      for (const path of ['contacts', `contacts/${acme.contact}`]) {
        const reply = await s.ask('GET', `/api/v1/${path}?fields=${sent}`);
        expect(reply.status, reply.text).toBe(400);
        expect(reply.json.error.fields[0].field).toBe('fields');
      }
    },
  );
});

describe('expand', () => {
  test('referenced records and members are objects in `expanded`; the fields keep the ids', async () => {
    const record = await get(`contacts/${acme.contact}?expand=company_id,owner_id`);
    expect(record).toMatchObject({ company_id: acme.company, owner_id: acme.member });
    expect(record.expanded.owner_id).toEqual({
      id: acme.member,
      name: 'Dana',
      email: 'dana@acme.example',
      role: 'member',
    });
    expect(record.expanded.company_id).toMatchObject({ id: acme.company, name: 'Acme Ltd', website: null });
    expect(record.expanded.company_id).not.toHaveProperty('notes');
    expect(record.expanded.company_id).not.toHaveProperty('custom_fields');
    const { data } = await get('contacts?expand=company_id,owner_id');
    expect(data).toContainEqual(record);
    const { expanded, ...plain } = record;
    expect(await get(`contacts/${acme.contact}`)).toEqual(plain);
    const sentBack = await s.ask('PATCH', `/api/v1/contacts/${acme.contact}`, { body: record });
    expect(sentBack.json).toEqual(plain);
    expect(expanded).toBeDefined();
  });

  test('pipeline and stage of a deal; references of a lead; an empty reference is null', async () => {
    const { id } = await create('deals', { name: 'Deal', contact_id: acme.contact });
    const deal = await get(`deals/${id}?fields=name&expand=pipeline_id,stage_id,contact_id,owner_id`);
    expect(Object.keys(deal)).toEqual(['id', 'name', 'expanded']);
    expect(deal.expanded).toMatchObject({
      pipeline_id: { name: 'Sales pipeline', is_default: true },
      stage_id: { name: 'New' },
      contact_id: { first_name: 'Jane' },
      owner_id: null,
    });
    const { id: leadId } = await create('leads', { name: 'Ada King', email: 'ada@example.com' });
    await s.ask('POST', `/api/v1/leads/${leadId}/convert`, { body: {} });
    const lead = await get(`leads/${leadId}?expand=contact_id`);
    expect(lead.expanded.contact_id).toMatchObject({ first_name: 'Ada', email: 'ada@example.com' });
    expect(lead.lead_url).toBeDefined();
  });

  test('a deleted record is its id and when it was deleted; a former member is null', async () => {
    const company = await create('companies', { name: 'Closed' });
    const member = await addMember(s, 'Eve');
    const { id } = await create('contacts', { first_name: 'X', company_id: company.id, owner_id: member });
    await s.ask('DELETE', `/api/v1/companies/${company.id}`);
    await s.db.pool.query('delete from member where user_id = $1', [member]);
    const { expanded } = await get(`contacts/${id}?expand=company_id,owner_id`);
    expect(expanded.company_id).toEqual({ id: company.id, deleted_at: expect.any(String) });
    expect(expanded.owner_id).toBeNull();
  });

  test('what the caller may not read is refused, and named', async () => {
    const reader = await s.person(['contacts:read']);
    for (const [name, scope] of [
      ['company_id', 'companies:read'],
      ['owner_id', 'members:read'],
    ])
      for (const path of ['contacts', `contacts/${acme.contact}`]) {
        const reply = await s.ask('GET', `/api/v1/${path}?expand=${name}`, { as: reader });
        expect(reply.status, path).toBe(403);
        expect(reply.json.error.message).toContain(scope);
      }
    expect((await s.ask('GET', '/api/v1/contacts?expand=company_id', { as: s.charlie })).json.data).toEqual(
      [],
    );
  });

  test.each(['', 'company', 'email', 'company_id.owner_id', '__proto__'])(
    'expand=%s is refused',
    async (sent) => {
      const reply = await s.ask('GET', `/api/v1/contacts?expand=${sent}`);
      expect(reply.status).toBe(400);
      expect(reply.json.error.message).toContain('company_id, owner_id');
    },
  );
});

describe('sort', () => {
  /** Values with ties, blanks, cases, accents and types. */
  const PEOPLE = [
    { first_name: 'Émile', last_name: 'zola', custom_fields: { score: 10 } },
    { first_name: 'emile', last_name: 'Ajar', custom_fields: { score: 9 } },
    { first_name: 'Zoe', custom_fields: { score: 'b' } },
    { last_name: 'Ångström', custom_fields: { score: 'A' } },
    { email: 'm@example.com' },
    { first_name: 'Bo', custom_fields: { score: true } },
    { first_name: 'bo', custom_fields: { score: 10 } },
    { email: 'n@example.com', custom_fields: { score: -2.5 } },
  ];
  let somewhere: Person;
  beforeAll(async () => {
    somewhere = await workspace();
    await createAll('contacts', PEOPLE, somewhere);
  });

  const names = (rows: Record<string, unknown>[]) =>
    rows.map((row) => [row['first_name'], row['last_name']].filter(Boolean).join(' ') || row['email']);

  test('names are compared ignoring case and accents, and ties by id', async () => {
    const sorted = names(await paged('contacts?sort=name&limit=2', somewhere));
    expect(sorted).toEqual([
      'Ångström',
      'Bo',
      'bo',
      'emile Ajar',
      'Émile zola',
      'm@example.com',
      'n@example.com',
      'Zoe',
    ]);
    expect(names(await paged('contacts?sort=-name&limit=3', somewhere))).toEqual(sorted.toReversed());
  });

  test('records without a value come last in both directions', async () => {
    const up = await paged('contacts?sort=last_name&limit=1', somewhere);
    expect(up.map((row) => row['last_name'])).toEqual(['Ajar', 'Ångström', 'zola', ...Array(5).fill(null)]);
    const down = await paged('contacts?sort=-last_name&limit=1', somewhere);
    expect(down.map((row) => row['last_name'])).toEqual(['zola', 'Ångström', 'Ajar', ...Array(5).fill(null)]);
  });

  test('custom fields: texts, then numbers, then true and false, then none', async () => {
    const scores = (rows: Record<string, unknown>[]) =>
      rows.map((row) => (row['custom_fields'] as { score?: unknown }).score);
    const up = scores(await paged('contacts?sort=custom_fields.score&limit=1', somewhere));
    expect(up).toEqual(['A', 'b', -2.5, 9, 10, 10, true, undefined]);
    const down = scores(await paged('contacts?sort=-custom_fields.score&limit=1', somewhere));
    expect(down).toEqual([true, 10, 10, 9, -2.5, 'b', 'A', undefined]);
    const none = await paged('contacts?sort=custom_fields.unknown&limit=3', somewhere);
    expect(none.map(({ id }) => id)).toEqual(
      (await paged('contacts?sort=created_at', somewhere)).map(({ id }) => id),
    );
  });

  test('numbers, dates, times and options are compared as such', async () => {
    const values = [5, 40.5, null, 300, 5];
    await createAll(
      'deals',
      values.map((value, at) => ({
        name: `D${at}`,
        value,
        expected_close_date: value ? `2026-0${at + 1}-01` : null,
      })),
      somewhere,
    );
    const deals = await paged('deals?sort=-value&limit=1', somewhere);
    expect(deals.map(({ value }) => value)).toEqual([300, 40.5, 5, 5, null]);
    const dates = await paged('deals?sort=expected_close_date&limit=2', somewhere);
    expect(dates.map(({ name }) => name)).toEqual(['D0', 'D1', 'D3', 'D4', 'D2']);
    const priorities = ['urgent', 'low', 'high', 'medium', 'low'];
    await createAll(
      'tasks',
      priorities.map((priority) => ({ title: 'T', priority })),
      somewhere,
    );
    const tasks = await paged('tasks?sort=priority&limit=1', somewhere);
    expect(tasks.map(({ priority }) => priority)).toEqual(['low', 'low', 'medium', 'high', 'urgent']);
    const [last] = tasks.slice(-1);
    await s.ask('PATCH', `/api/v1/tasks/${String(last!['id'])}`, {
      as: somewhere,
      body: { status: 'completed' },
    });
    const done = await paged('tasks?sort=-completed_at&limit=1', somewhere);
    expect(done[0]!['id']).toBe(last!['id']);
    expect(done).toHaveLength(5);
  });

  test.each(NOUNS.map(({ name, plural }) => ({ name, plural })))(
    '$name: pages of every sort find each record once, in order',
    async ({ name, plural }) => {
      const body = await sampleBody(s, name, somewhere);
      await createAll(
        plural,
        ['Ä', 'a', 'b', 'A'].map((text) => ({
          ...body,
          [textField(name)]: `${text} x`,
          ...(name === 'lead' && { email: `${randomUUID()}@example.com` }),
        })),
        somewhere,
      );
      const { fields, title_sort: titleSort } = await get(`objects/${name}`, somewhere);
      const sortable = (fields as { key: string; sortable: boolean }[]).filter((field) => field.sortable);
      // A message has no name.
      const sorts = [titleSort ?? [], ...sortable.map(({ key }) => key), 'custom_fields.x'].flat();
      expect(sorts.length).toBeGreaterThan(5);
      for (const sort of sorts.flatMap((item: string) => [item, `-${item}`])) {
        const whole = (await get(`${plural}?limit=200&sort=${sort}`, somewhere)).data;
        expect(whole.length).toBeGreaterThan(3);
        expect(await paged(`${plural}?limit=3&sort=${sort}`, somewhere), sort).toEqual(whole);
        const deletable = await paged(`${plural}?limit=3&include_deleted=true&sort=${sort}`, somewhere);
        expect(deletable, sort).toEqual(whole);
      }
    },
  );

  test('while records change, the others are neither skipped nor repeated', async () => {
    const as = await workspace();
    const made = await createAll(
      'companies',
      Array.from('aabbccddee', (name) => ({ name, industry: name > 'b' ? name : null })),
      as,
    );
    for (const sort of ['name', '-industry']) {
      const order = (await get(`companies?sort=${sort}`, as)).data as { id: string }[];
      const found = await paged(`companies?limit=2&sort=${sort}`, as, async (page) => {
        // The record that the cursor names is deleted, another is moved to the front, and one is added there.
        if (page === 1) await s.ask('DELETE', `/api/v1/companies/${order[1]!.id}`, { as });
        if (page === 2)
          await s.ask('PATCH', `/api/v1/companies/${order[3]!.id}`, {
            as,
            body: { name: '0', industry: 'zz' },
          });
        if (page === 3) await create('companies', { name: '0', industry: 'zz' }, as);
      });
      const ids = found.map(({ id }) => id);
      const untouched = order.filter((_, at) => at !== 1 && at !== 3).map(({ id }) => id);
      expect(
        ids.filter((id) => untouched.includes(id as string)),
        sort,
      ).toEqual(untouched);
      expect(new Set(ids).size).toBe(ids.length);
    }
    expect(made).toHaveLength(10);
  });

  test('a cursor is refused for another sort, filter or list, and for a value that was changed', async () => {
    const { next_cursor: cursor } = await get('contacts?sort=name&limit=1', somewhere);
    const refused = async (path: string) => {
      const reply = await s.ask('GET', `/api/v1/${path}`, { as: somewhere });
      expect(reply.status, `${path}: ${reply.text}`).toBe(400);
      expect(reply.json.error.fields[0].field).toBe('cursor');
    };
    for (const path of [
      'contacts?sort=-name',
      'contacts?sort=first_name',
      'contacts',
      'contacts?sort=name&status=lead',
      'leads?sort=name',
    ])
      await refused(`${path}${path.includes('?') ? '&' : '?'}cursor=${cursor}`);
    expect(
      (
        await s.ask('GET', `/api/v1/contacts?sort=name&fields=email&limit=3&cursor=${cursor}`, {
          as: somewhere,
        })
      ).status,
    ).toBe(200);
    const id = '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21';
    const forged: [string, unknown][] = [
      ['name', 'a\0b'],
      ['name', '\ud800'],
      ['name', 'x'.repeat(5_000)],
      ['name', 5],
      ['custom_fields.a', '{"a":1}'],
      ['custom_fields.a', '1e999'],
      ['custom_fields.a', '"a\\u0000"'],
      ['custom_fields.a', 'x'],
      ['-updated_at', 'yesterday'],
      ['-created_at', '2026-01-01T00:00:00+99:00'],
    ];
    for (const [sort, value] of forged) {
      const text = Buffer.from(JSON.stringify([sort, value, id])).toString('base64url');
      await refused(`contacts?sort=${sort}&cursor=${text}`);
    }
    for (const [plural, sort, value] of [
      ['deals', 'value', 'NaN'],
      ['deals', 'value', '1e5'],
      ['deals', 'expected_close_date', '0000-01-01'],
      ['tasks', 'priority', 'low'],
    ])
      await refused(
        `${plural}?sort=${sort}&cursor=${Buffer.from(JSON.stringify([sort, value, id])).toString('base64url')}`,
      );
  });

  test.each([
    'nothing',
    'notes',
    'tags',
    'owner_id',
    'custom_fields',
    'custom_fields.a.b',
    '--name',
    'name,email',
    '',
  ])('sort=%s is refused, and the sorts are named', async (sort) => {
    const reply = await s.ask('GET', `/api/v1/contacts?sort=${sort}`);
    expect(reply.status).toBe(400);
    expect(reply.json.error.message).toContain('created_at, updated_at, name, first_name');
  });

  test('a search and filters are sorted too', async () => {
    const { data } = await get('contacts?q=example&sort=-email', somewhere);
    expect(data.map(({ email }: { email: string }) => email)).toEqual(['n@example.com', 'm@example.com']);
    const filtered = await get('contacts?status=lead&sort=-first_name&limit=1', somewhere);
    expect(filtered.data[0].first_name).toBe('Zoe');
  });
});
