import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  ask as askServer,
  secondServer,
  startScenario,
  type Ask,
  type Reply,
  type Scenario,
} from '../kit/scenario.ts';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
  await s.ask('PATCH', '/api/v1/workspace', { body: { default_country: 'DE' } });
});
afterAll(() => s?.stop());
beforeEach(async () => {
  await s.db.pool.query('update contact set deleted_at = now(), version = version + 1');
  await s.db.pool.query('update company set deleted_at = now(), version = version + 1');
  await s.newEvents();
});

async function make(kind: string, body: object) {
  const reply = await s.ask('POST', `/api/v1/${kind}`, { body });
  expect(reply.status, reply.text).toBe(201);
  await s.newEvents();
  return reply.json;
}
const post = (kind: string, mode: string, body: object, ask: Ask = {}) =>
  s.ask('POST', `/api/v1/${kind}?on_duplicate=${mode}`, { body, ...ask });
const put = (email: string, body: object, ask: Ask = {}) =>
  s.ask('PUT', `/api/v1/contacts/by/email/${encodeURIComponent(email)}`, { body, ...ask });
const idsOf = async (query: string) =>
  (await s.ask('GET', `/api/v1/contacts?${query}`)).json.data.map(({ id }: { id: string }) => id);
function expectField(reply: Reply, field: string) {
  expect(reply.status, reply.text).toBe(400);
  expect(reply.json.error.fields[0].field).toBe(field);
}

describe('a contact has several addresses', () => {
  test('the first is email and phone, without repeats; a PATCH of email changes the first alone', async () => {
    const jane = await make('contacts', {
      email: 'jane@a.example',
      other_emails: ['JANE@a.example', 'jane@b.example', 'Jane@B.example'],
      other_phones: ['0171 1234567', '0171-1234567'],
    });
    expect(jane).toMatchObject({
      email: 'jane@a.example',
      other_emails: ['jane@b.example'],
      phone: '0171 1234567',
      other_phones: [],
    });
    const { json } = await s.ask('PATCH', `/api/v1/contacts/${jane.id}`, {
      body: { email: 'jane@c.example' },
    });
    expect(json).toMatchObject({ email: 'jane@c.example', other_emails: ['jane@b.example'] });
    const cleared = await s.ask('PATCH', `/api/v1/contacts/${jane.id}`, { body: { email: null } });
    expect(cleared.json).toMatchObject({ email: 'jane@b.example', other_emails: [] });
  });

  test.each([
    ['other_emails', ['nowhere']],
    ['other_emails', Array.from({ length: 21 }, (_, n) => `a${n}@b.example`)],
    ['other_emails', 'jane@example.com'],
    ['other_phones', ['']],
    ['other_phones', ['a\0b']],
    ['other_phones', [17]],
  ])('bad %s is a 400 that names it', async (field, value) => {
    const reply = await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'Jane', [field]: value } });
    expect(reply.status, reply.text).toBe(400);
    expect(reply.json.error.fields[0].field).toMatch(new RegExp(`^${field}`));
  });

  test('lists find any of them, and telephone numbers however they are written', async () => {
    const jane = await make('contacts', {
      first_name: 'Jane',
      email: 'jane@a.example',
      other_emails: ['Jané@B.example'],
      phone: '0171 1234567',
      other_phones: ['+49 30 1234567'],
    });
    for (const email of ['JANE@a.example', 'jané@b.example'.normalize('NFD')])
      expect(await idsOf(`email=${encodeURIComponent(email)}`)).toEqual([jane.id]);
    for (const phone of [
      '+49 171 1234567',
      '0049 (0)171 1234567',
      '0171/1234567',
      '030 1234567',
      '+49301234567',
    ])
      expect(await idsOf(`phone=${encodeURIComponent(phone)}`), phone).toEqual([jane.id]);
    for (const phone of ['+1 171 1234567', '0171 1234568'])
      expect(await idsOf(`phone=${encodeURIComponent(phone)}`), phone).toEqual([]);
  });
});

describe('PUT /contacts/by/email/{email}', () => {
  test('creates the contact, then changes only what is sent', async () => {
    const created = await put('jane+news@example.com', { first_name: 'Jane', job_title: 'Buyer' });
    expect(created.status, created.text).toBe(201);
    expect(created.json).toMatchObject({ email: 'jane+news@example.com', first_name: 'Jane' });
    expect(await s.newEvents()).toEqual(['contact.created']);
    const updated = await put('JANE+news@example.com', { last_name: 'Doe' });
    expect(updated.status, updated.text).toBe(200);
    expect(updated.json).toMatchObject({
      id: created.json.id,
      email: 'jane+news@example.com',
      first_name: 'Jane',
      last_name: 'Doe',
      job_title: 'Buyer',
      version: 2,
    });
    expect(updated.json).not.toHaveProperty('ambiguous');
    expect(await s.newEvents()).toEqual(['contact.updated']);
    expect((await put('jane+news@example.com', { last_name: 'Doe' })).json.version).toBe(2);
    expect(await s.newEvents()).toEqual([]);
  });

  test('takes the contact whose first address it is, then the oldest, and says that there are others', async () => {
    const second = await make('contacts', { email: 'a@x.example', other_emails: ['shared@x.example'] });
    expect((await put('shared@x.example', { job_title: 'One' })).json).toMatchObject({
      id: second.id,
      email: 'a@x.example',
    });
    const first = await make('contacts', { email: 'shared@x.example' });
    await make('contacts', { email: 'Shared@x.example' });
    const reply = await put('shared@x.example', { job_title: 'Two' });
    expect(reply.json).toMatchObject({ id: first.id, job_title: 'Two', ambiguous: true });
  });

  test('a bad address, one that the body contradicts, and bad fields are a 400 that names them', async () => {
    expectField(await put('nowhere', {}), 'email');
    expectField(await put('a@b.example', { email: 'c@d.example' }), 'email');
    expectField(
      await put('a@b.example', { company_id: '01976d3c-0000-7000-8000-000000000000' }),
      'company_id',
    );
    expect((await put('a@b.example', { email: 'A@B.example' })).status).toBe(201);
  });

  test('two hundred at once over two processes make one contact, and keep all changes', async () => {
    const other = await secondServer(s);
    const replies = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        askServer((n % 2 ? s : other).url, 'PUT', '/api/v1/contacts/by/email/race@example.com', {
          as: s.alice,
          body: { custom_fields: { [`f${n}`]: n } },
        }),
      ),
    );
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200, 201]));
    expect(new Set(replies.map(({ json }) => json.id)).size).toBe(1);
    const [found] = (await s.ask('GET', '/api/v1/contacts?email=race@example.com')).json.data;
    expect(Object.keys(found.custom_fields)).toHaveLength(200);
    await other.stop();
  });

  test('another scope may not, and another workspace finds only its own', async () => {
    expect((await put('jane@example.com', {}, { as: s.bob })).status).toBe(403);
    const mine = await make('contacts', { email: 'jane@example.com' });
    const theirs = await put('jane@example.com', { first_name: 'Other' }, { as: s.charlie });
    expect(theirs.status).toBe(201);
    expect(theirs.json.id).not.toBe(mine.id);
  });

  test('who may write and not read learns only the id of a contact that exists', async () => {
    const writer = await s.person(['contacts:write']);
    const jane = await make('contacts', { email: 'jane@example.com', notes: 'secret' });
    expect((await put('jane@example.com', { first_name: 'Jane' }, { as: writer })).json).toEqual({
      id: jane.id,
    });
    const reply = await post('contacts', 'return', { email: 'jane@example.com' }, { as: writer });
    expect(reply.json).toEqual({ id: jane.id });
  });
});

describe('on_duplicate', () => {
  test('create makes another, return gives the first as it is, merge changes it, error refuses', async () => {
    const jane = await make('contacts', { email: 'jane@example.com', first_name: 'Jane' });
    const body = { email: 'Jane@Example.com', first_name: 'Janet' };
    const returned = await post('contacts', 'return', body);
    expect(returned).toMatchObject({ status: 200, json: { id: jane.id, first_name: 'Jane', version: 1 } });
    expect(await s.newEvents()).toEqual([]);
    const merged = await post('contacts', 'merge', body);
    expect(merged).toMatchObject({
      status: 200,
      json: { id: jane.id, first_name: 'Janet', email: 'jane@example.com' },
    });
    expect(await s.newEvents()).toEqual(['contact.updated']);
    const refused = await post('contacts', 'error', body);
    expect(refused.status).toBe(409);
    expect(refused.json.error.fields[0]).toMatchObject({ field: 'email', message: `belongs to ${jane.id}` });
    const created = await post('contacts', 'create', body);
    expect(created.status).toBe(201);
    expect(created.json.id).not.toBe(jane.id);
    expectField(await post('contacts', 'maybe', body), 'on_duplicate');
  });

  test.each(['return', 'merge'])(
    'an Idempotency-Key with %s answers again what it answered',
    async (mode) => {
      const headers = { 'idempotency-key': `upsert-${mode}` };
      const first = await post('contacts', mode, { email: 'jane@example.com' }, { headers });
      expect(first.status).toBe(201);
      const again = await post('contacts', mode, { email: 'jane@example.com' }, { headers });
      expect(again).toMatchObject({ status: 201, text: first.text });
      expect(again.headers.get('idempotent-replayed')).toBe('true');
      const others = { 'idempotency-key': `upsert-again-${mode}` };
      const found = await post('contacts', mode, { email: 'jane@example.com' }, { headers: others });
      expect(found.status).toBe(200);
      const repeated = await post('contacts', mode, { email: 'jane@example.com' }, { headers: others });
      expect(repeated).toMatchObject({ status: 200, text: found.text });
      expect(await s.newEvents()).toEqual(['contact.created']);
    },
  );

  test('a telephone number recognises who has no other address', async () => {
    const jane = await make('contacts', { first_name: 'Jane', phone: '0171 1234567' });
    const found = await post('contacts', 'return', { first_name: 'J', phone: '+49 171 1234567' });
    expect(found.json.id).toBe(jane.id);
    const withEmail = await post('contacts', 'merge', { email: 'jane@example.com', phone: '+49171 1234567' });
    expect(withEmail).toMatchObject({ status: 200, json: { id: jane.id, email: 'jane@example.com' } });
    const partner = await post('contacts', 'merge', { email: 'joe@example.com', phone: '+49171 1234567' });
    expect(partner.status).toBe(201);
    const short = await make('contacts', { first_name: 'Desk', phone: '123' });
    expect((await post('contacts', 'return', { first_name: 'Other', phone: '123' })).json.id).not.toBe(
      short.id,
    );
  });

  test('a company is recognised by website, else email, else name', async () => {
    const acme = await make('companies', { name: 'Acme', website: 'https://www.Acme.example/' });
    const byWebsite = await post('companies', 'return', { name: 'ACME Inc', website: 'http://acme.example' });
    expect(byWebsite.json.id).toBe(acme.id);
    const other = await post('companies', 'return', { name: 'Acme', website: 'https://other.example' });
    expect(other.status).toBe(201);
    const byName = await post('companies', 'return', { name: 'ácme' });
    expect(byName.json).toMatchObject({ id: acme.id, ambiguous: true });
    expect((await post('companies', 'return', { name: 'Unknown' })).status).toBe(201);
  });

  test('objects without a rule refuse the parameter', async () => {
    const reply = await s.ask('POST', '/api/v1/tasks?on_duplicate=return', { body: { title: 'Call' } });
    expect(reply.status).toBe(400);
    expect(reply.json.error.fields[0].field).toBe('on_duplicate');
  });
});

test('a lead that is converted uses the contact that has its address among the others', async () => {
  const jane = await make('contacts', { email: 'a@x.example', other_emails: ['jane@x.example'] });
  const lead = (await s.ask('POST', '/api/v1/leads', { body: { name: 'Jane Doe', email: 'JANE@x.example' } }))
    .json;
  const { json } = await s.ask('POST', `/api/v1/leads/${lead.id}/convert`, { body: {} });
  expect(json.lead.contact_id).toBe(jane.id);
  expect(json.made).toEqual([]);
});

test('leads are duplicates by their telephone number, however it is written', async () => {
  const first = (await s.ask('POST', '/api/v1/leads', { body: { name: 'Max M', phone: '0171 7654321' } }))
    .json;
  const second = await s.ask('POST', '/api/v1/leads', {
    body: { name: 'Max M', phone: '+49 171 7654321', on_duplicate: 'attach' },
  });
  expect(second.json).toMatchObject({ id: first.id, status: 'attached' });
});
