import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startScenario, type Scenario } from '../kit/scenario.ts';

const run = promisify(execFile);

const JANE = {
  name: 'Jane Doe',
  email: 'jane@example.com',
  phone: '+15551234567',
  event_date: '2026-08-15',
};

let s: Scenario;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
});
afterAll(() => s.stop());
beforeEach(() => s.newEvents());

async function lead(more: object = {}) {
  const { json, status, text } = await s.ask('POST', '/api/v1/leads', { body: { ...JANE, ...more } });
  expect(status, text).toBe(201);
  await s.newEvents();
  return (await s.ask('GET', `/api/v1/leads/${json.id}`)).json;
}
const path = ({ id }: { id: string }) => `/api/v1/leads/${id}`;

describe('a lead behaves like other records', () => {
  test.each(['PATCH', 'PUT'])(
    '%s changes the fields sent, fires lead.updated, and keeps the number',
    async (method) => {
      const made = await lead();
      const body = { ...made, status: 'won', number: 9999, crm_lead_id: 'crm-1' };
      const reply = await s.ask(method, path(made), { body });
      expect(reply.status, reply.text).toBe(200);
      expect(reply.json).toMatchObject({
        status: 'won',
        crm_lead_id: 'crm-1',
        number: made.number,
        version: 2,
      });
      expect(await s.newEvents()).toEqual(['lead.updated']);
      expect((await s.ask(method, path(made), { body: { status: 'won' } })).json.version).toBe(2);
      expect(await s.newEvents()).toEqual([]);
    },
  );

  test('a stale If-Match is refused', async () => {
    const made = await lead();
    const headers = { 'if-match': '"7"' };
    const reply = await s.ask('PATCH', path(made), { body: { status: 'won' }, headers });
    expect(reply).toMatchObject({ status: 412, json: { error: { code: 'precondition_failed' } } });
  });

  test.each([
    ['status', { status: 'emperor' }],
    ['event_date', { event_date: '2026-02-30' }],
    ['email', { email: 'nowhere' }],
    ['owner_id', { owner_id: '01976d3c-0000-7000-8000-000000000000' }],
    ['guests', { guests: 80 }],
  ])('a change with a bad %s is a 400 that names it', async (field, body) => {
    const made = await lead();
    const reply = await s.ask('PATCH', path(made), { body });
    expect(reply.status).toBe(400);
    expect(reply.json.error.fields[0].field).toBe(field);
    expect(await s.newEvents()).toEqual([]);
  });

  test('a change creates an unknown source; one that is refused creates none', async () => {
    const made = await lead();
    const sources = async () =>
      (await s.ask('GET', '/api/v1/lead-sources?limit=200')).json.data.map(
        ({ name }: { name: string }) => name,
      );
    const before = await sources();
    const body = { source: 'Nobody' };
    const nowhere = { id: '01976d3c-0000-7000-8000-000000000000' };
    const headers = { 'if-match': '"7"' };
    expect((await s.ask('PATCH', path(nowhere), { body })).status).toBe(404);
    expect((await s.ask('PATCH', path(made), { body, headers })).status).toBe(412);
    expect((await s.ask('PATCH', path(made), { body: { ...body, status: 'emperor' } })).status).toBe(400);
    expect((await s.ask('PATCH', path(made), { body, as: s.charlie })).status).toBe(404);
    expect(await sources()).toEqual(before);
    const changed = await s.ask('PATCH', path(made), { body: { source: 'Somebody' } });
    expect(changed.json).toMatchObject({ source: 'Somebody', version: 2 });
    expect(await sources()).toEqual(['Somebody', ...before]);
    expect((await s.ask('PATCH', path(made), { body: { source: 'SOMEBODY' } })).json.version).toBe(2);
  });

  test('null empties the tags, like every other field', async () => {
    const made = await lead({ tags: ['vip'] });
    const reply = await s.ask('PATCH', path(made), { body: { tags: null } });
    expect(reply.status, reply.text).toBe(200);
    expect(reply.json.tags).toEqual([]);
  });

  test('a deleted lead answers 404, and fires lead.deleted', async () => {
    const made = await lead();
    expect((await s.ask('DELETE', path(made))).status).toBe(204);
    expect(await s.newEvents()).toEqual(['lead.deleted']);
    for (const ask of [path(made), `${path(made)}/submissions`])
      expect((await s.ask('GET', ask)).status).toBe(404);
    const listed = await s.ask('GET', `/api/v1/leads?include_deleted=true`);
    expect(listed.json.data).toContainEqual({ id: made.id, deleted_at: expect.any(String) });
  });

  test('is found by its filters', async () => {
    const made = await lead({ email: 'found@example.com', source: 'Fair', crm_lead_id: 'crm-77' });
    for (const query of [
      'email=FOUND@example.com',
      'source=fair',
      'crm_lead_id=crm-77',
      `number=${made.number}`,
    ]) {
      const { data } = (await s.ask('GET', `/api/v1/leads?${query}`)).json;
      expect(
        data.map(({ id }: { id: string }) => id),
        query,
      ).toEqual([made.id]);
    }
    expect((await s.ask('GET', '/api/v1/leads?number=x')).json.error.fields[0].field).toBe('number');
  });

  test('is found by every word in name, email, phone and notes, in any script', async () => {
    const jane = await lead({
      name: 'Zoë مريم Ångström',
      email: 'search@boats.example',
      phone: '+49 (171) 99-88-77',
      notes: 'Harbour 100% tour',
    });
    const found = async (q: string, as = s.alice) =>
      (await s.ask('GET', `/api/v1/leads?q=${encodeURIComponent(q)}`, { as })).json.data.map(
        ({ id }: { id: string }) => id,
      );
    for (const q of [
      'zoë',
      'ZOË',
      'مريم',
      'gström',
      'boats.EXAMPLE',
      '99-88',
      '17199887',
      'arbour zo',
      '100%',
      'ån',
    ])
      expect(await found(q), q).toEqual([jane.id]);
    for (const q of ['zoë nowhere', '10_%', '\\\\', 'oë', '%%%']) expect(await found(q), q).toEqual([]);
    expect(await found('مريم', s.charlie)).toEqual([]);
    for (const [query, field] of [
      ['q=', 'q'],
      ['q=%00', 'q'],
      [`q=${'x'.repeat(201)}`, 'q'],
    ])
      expect((await s.ask('GET', `/api/v1/leads?${query}`)).json.error.fields[0].field).toBe(field);
  });

  test('answers 404 to another workspace, and 403 without the scope', async () => {
    const made = await lead();
    const creator = await s.person(['leads:create']);
    for (const [method, to, body] of [
      ['GET', path(made)],
      ['GET', `${path(made)}/submissions`],
      ['PATCH', path(made), { status: 'won' }],
      ['DELETE', path(made)],
    ] as const) {
      expect((await s.ask(method, to, { as: s.charlie, ...(body && { body }) })).status, method).toBe(404);
      expect((await s.ask(method, to, { as: creator, ...(body && { body }) })).status, method).toBe(403);
    }
    expect((await s.ask('GET', '/api/v1/leads', { as: s.charlie })).json.data).toEqual([]);
    expect(await s.newEvents()).toEqual([]);
  });
});

describe.each(['lead-sources', 'lead-event-types'])('/%s', (plural) => {
  const all = `/api/v1/${plural}`;

  test('are created, read, renamed and deleted; two that differ only by case are equal', async () => {
    const made = (await s.ask('POST', all, { body: { name: 'Boat show' } })).json;
    expect((await s.ask('GET', `${all}/${made.id}`)).json).toMatchObject({ name: 'Boat show' });
    const other = (await s.ask('POST', all, { body: { name: 'Radio' } })).json;
    expect((await s.ask('PATCH', `${all}/${other.id}`, { body: { name: 'BOAT show' } })).status).toBe(409);
    expect((await s.ask('PATCH', `${all}/${other.id}`, { body: { name: 'Wireless' } })).json.name).toBe(
      'Wireless',
    );
    expect((await s.ask('PATCH', `${all}/${other.id}`, { body: { name: ' ' } })).status).toBe(400);
    expect((await s.ask('DELETE', `${all}/${other.id}`, { as: s.charlie })).status).toBe(404);
    expect((await s.ask('DELETE', `${all}/${other.id}`)).status).toBe(204);
    expect((await s.ask('GET', `${all}/${other.id}`)).status).toBe(404);
  });
});

test('GET /lead-settings returns the hourly limit, and whether it is the default', async () => {
  const ask = () => s.ask('GET', '/api/v1/lead-settings');
  expect((await ask()).json).toMatchObject({ leads_per_hour: 100, is_default: true });
  await s.ask('PATCH', '/api/v1/lead-settings', { body: { leads_per_hour: 5 } });
  expect((await ask()).json).toMatchObject({ leads_per_hour: 5, is_default: false });
  await s.ask('PATCH', '/api/v1/lead-settings', { body: { leads_per_hour: null } });
  expect((await ask()).json).toMatchObject({ leads_per_hour: 100, is_default: true });
});

test('RX8: the curl example of the documentation, except for host and key', async () => {
  const { key } = await s.person([], 'remixcrm');
  await s.ask('POST', '/api/v1/lead-event-types', { body: { name: 'Wedding' } });
  const printed = `curl -X POST https://app.remixcrm.com/api/v1/leads \\
  -H "Authorization: Bearer rmx_yourkey" \\
  -H "Content-Type: application/json" \\
  -d '{
    "name": "Jane Doe",
    "email": "jane@example.com",
    "phone": "+15551234567",
    "event_date": "2026-08-15",
    "event_type": "Wedding"
  }'`;
  const command = printed.replace('https://app.remixcrm.com', s.url).replace('rmx_yourkey', key);
  const { stdout } = await run('bash', ['-c', `${command} --silent`]);
  const { id, ...answer } = JSON.parse(stdout);
  expect(answer).toEqual({ status: 'created', lead_url: `${s.url}/leads/${id}` });
  expect((await s.ask('GET', `/api/v1/leads/${id}`)).json).toMatchObject({
    first_name: 'Jane',
    last_name: 'Doe',
    event_type: 'Wedding',
  });
  expect(await s.newEvents()).toEqual(['lead.created']);
});
