import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario();
  const webhook = {
    name: 'ERP',
    url: URL,
    events: ['contact.created', 'contact.updated', 'contact.deleted'],
  };
  await s.ask('POST', '/api/v1/webhooks', { body: webhook });
});
afterAll(() => s.stop());

const URL = 'http://127.0.0.1:9/';
const create = async () =>
  (await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'Jane', last_name: 'Doe' } })).json;

describe('dry_run answers the effect of a write, and writes nothing', () => {
  test('of a create, an update and a deletion: values, events and webhooks', async () => {
    const { id } = await create();
    await s.newEvents();
    const path = `/api/v1/contacts/${id}`;
    const made = await s.ask('POST', '/api/v1/contacts?dry_run=true', { body: { first_name: 'Bo' } });
    expect(made.status, made.text).toBe(200);
    expect(made.json).toMatchObject({ dry_run: true, changed: null, events: ['contact.created'] });
    expect(made.json.record.first_name).toBe('Bo');
    expect(made.json.webhooks).toEqual([
      { id: expect.stringMatching(/^wh_/), name: 'ERP', url: URL, events: ['contact.created'] },
    ]);
    const changed = await s.ask('PATCH', `${path}?dry_run=true`, { body: { last_name: 'Roe' } });
    expect(changed.json).toMatchObject({
      record: { first_name: 'Jane', last_name: 'Roe' },
      changed: { last_name: 'Doe' },
      events: ['contact.updated'],
      webhooks: [{ events: ['contact.updated'] }],
    });
    const same = await s.ask('PATCH', `${path}?dry_run=true`, { body: { last_name: 'Doe' } });
    expect(same.json).toMatchObject({ changed: null, events: [], webhooks: [] });
    const deleted = await s.ask('DELETE', `${path}?dry_run=true`);
    expect(deleted.json).toMatchObject({ events: ['contact.deleted'], webhooks: [{ name: 'ERP' }] });
    expect((await s.ask('GET', path)).json).toMatchObject({ last_name: 'Doe', version: 1 });
    expect(await s.newEvents()).toEqual([]);
  });

  test('with the checks of the write: scope, values, If-Match, a record that exists', async () => {
    const { id } = await create();
    const ask = (method: string, path: string, more: object) =>
      s.ask(method, `/api/v1/${path}?dry_run=true`, more).then(({ status }) => status);
    expect(await ask('POST', 'contacts', { body: { email: 'nobody' } })).toBe(400);
    expect(await ask('POST', 'contacts', { body: { first_name: 'Bo' }, as: s.bob })).toBe(403);
    expect(await ask('PATCH', `contacts/${id}`, { body: { first_name: 'Bo' }, as: s.charlie })).toBe(404);
    expect(await ask('DELETE', `contacts/${id}`, { headers: { 'if-match': '"7"' } })).toBe(412);
    expect(await ask('POST', 'deals', { body: { name: 'x', contact_id: s.alice.keyId } })).toBe(400);
    const twice = await s.ask('POST', '/api/v1/contacts?dry_run=true&on_duplicate=merge', {
      body: { email: 'a@b.co' },
    });
    expect(twice.text).toContain('cannot be combined');
  });

  test('a key that cannot read webhooks learns only what they would be sent', async () => {
    const writer = await s.person(['contacts:write']);
    const { json } = await s.ask('POST', '/api/v1/contacts?dry_run=true', {
      as: writer,
      body: { first_name: 'Bo' },
    });
    expect(json.webhooks).toEqual([{ events: ['contact.created'] }]);
  });

  test('of a lead, whose creation is completed by the statement that writes', async () => {
    const { status, json } = await s.ask('POST', '/api/v1/leads?dry_run=true', {
      body: { name: 'Jane Doe', email: 'jane@example.com' },
    });
    expect(status).toBe(200);
    expect(json.events).toContain('lead.created');
    expect((await s.ask('GET', '/api/v1/leads')).json.data).toEqual([]);
  });
});
