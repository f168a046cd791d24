import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeMember } from '../kit/member.ts';
import { secondServer, startScenario, type Ask, type Reply, type Scenario } from '../kit/scenario.ts';

const JANE = {
  name: 'Jane Doe',
  email: 'jane@example.com',
  phone: '+15551234567',
  event_date: '2026-08-15',
};
const PATH = '/webhooks/crm/lead';
const SECRET = 'from-the-environment';

let s: Scenario;
let own: string;
beforeAll(async () => {
  s = await startScenario({
    FAIRLEAD_SERVICES: 'api',
    FAIRLEAD_LEADS_PER_HOUR: '0',
    CRM_WEBHOOK_SECRET: SECRET,
  });
  own = (await makeSecret()).json.secret;
});
afterAll(() => s.stop());
beforeEach(() => s.newEvents());

const makeSecret = (more: Ask = {}) =>
  s.ask('POST', '/api/v1/inbound-secrets', { body: { name: 'Make.com' }, ...more });
const report = (body: unknown, more: Ask = {}): Promise<Reply> =>
  s.ask('POST', PATH, { as: SECRET, body, ...more });

async function lead(crmLeadId?: string, as = s.alice.key) {
  const body = { ...JANE, ...(crmLeadId && { crm_lead_id: crmLeadId }) };
  const { json, status, text } = await s.ask('POST', '/api/v1/leads', { as, body });
  expect(status, text).toBe(201);
  await s.newEvents();
  return (await s.ask('GET', `/api/v1/leads/${json.id}`, { as })).json;
}

describe('CW1: authentication', () => {
  test.each([
    ['Authorization', () => ({ as: SECRET })],
    ['X-API-Key', () => ({ as: null, headers: { 'x-api-key': SECRET } })],
    ['Authorization with a workspace’s own', () => ({ as: own })],
    ['X-API-Key with a workspace’s own', () => ({ as: null, headers: { 'x-api-key': own } })],
  ] as [string, () => Ask][])('%s', async (_name, more) => {
    expect((await report({ crm_lead_id: 'nobody' }, more())).status).toBe(200);
  });

  test.each([
    ['no secret', () => ({ as: null })],
    ['a wrong one', () => ({ as: 'wrong' })],
    ['one that begins like it', () => ({ as: SECRET.slice(0, -1) })],
    ['one of the shape of a workspace’s own', () => ({ as: `crm_${'A'.repeat(43)}` })],
    ['a workspace’s own but for its end', () => ({ as: `${own.slice(0, -4)}AAAA` })],
    ['an API key', () => ({ as: s.alice })],
  ] as [string, () => Ask][])('401 with %s, before the body is looked at', async (_name, more) => {
    const reply = await report(undefined, { raw: 'not JSON at all', ...more() });
    expect(reply).toMatchObject({ status: 401, json: { error: { code: 'unauthorized' } } });
  });

  test('a workspace’s secret gives access to reports about its own leads only, and to no other API', async () => {
    const as = s.charlie;
    const { secret } = (await makeSecret({ as })).json;
    await lead('crm-own');
    expect((await report({ crm_lead_id: 'crm-own' }, { as: secret })).json.stored).toBe(false);
    expect((await s.ask('GET', '/api/v1/leads', { as: secret })).status).toBe(401);
    const theirs = await lead('crm-own', as.key);
    const reply = await report({ crm_lead_id: 'crm-own', n: 2 }, { as: secret });
    expect(reply.json).toEqual({ ok: true, stored: true, lead_id: theirs.number });
  });

  test('503 if the installation has no secret; CRM_CALLBACK_SECRET is the fallback', async () => {
    const none = await startScenario({ FAIRLEAD_SERVICES: 'api' });
    const callback = await secondServer(none, { CRM_CALLBACK_SECRET: 'called back' });
    try {
      for (const as of [null, 'anything'])
        expect(await none.ask('POST', PATH, { as, raw: '{' })).toMatchObject({
          status: 503,
          json: { error: { code: 'not_configured' } },
        });
      const headers = { 'x-api-key': 'called back' };
      const ask = { as: null, headers, body: { crm_lead_id: 'x' } };
      expect((await none.ask('POST', callback.url + PATH, ask)).status).toBe(200);
      const made = await none.ask('POST', '/api/v1/inbound-secrets', { body: { name: 'x' } });
      expect((await none.ask('POST', PATH, { as: null })).status).toBe(401);
      expect((await none.ask('POST', PATH, { ...ask, headers: {}, as: made.json.secret })).status).toBe(200);
    } finally {
      await callback.stop();
      await none.stop();
    }
  });

  test('a secret is shown once, stored as a hash, and invalid as soon as it is deleted', async () => {
    const headers = { 'idempotency-key': 'secret' };
    const made = await makeSecret({ headers });
    expect(made.status).toBe(201);
    expect((await makeSecret({ headers })).text).toBe(made.text);
    const { id, secret, prefix } = made.json;
    expect(secret.startsWith(prefix)).toBe(true);
    const listed = await s.ask('GET', '/api/v1/inbound-secrets');
    expect(listed.json.data[0]).toMatchObject({ id, name: 'Make.com', prefix });
    expect(listed.text).not.toContain(secret);
    const { rows } = await s.db.pool.query('select t::text as text from inbound_secret t where id = $1', [
      id,
    ]);
    expect(rows[0].text).not.toContain(secret.slice(prefix.length));
    expect((await report({ crm_lead_id: 'x' }, { as: secret })).status).toBe(200);
    const item = `/api/v1/inbound-secrets/${id}`;
    expect((await s.ask('DELETE', item, { as: s.charlie })).status).toBe(404);
    expect((await s.ask('DELETE', item)).status).toBe(204);
    expect((await report({ crm_lead_id: 'x' }, { as: secret })).status).toBe(401);
    expect((await s.ask('DELETE', item)).status).toBe(404);
  });

  test('a manager sees the names of secrets, a member does not', async () => {
    const [manager, member] = [await makeMember(s, 'manager'), await makeMember(s, 'member')];
    expect((await manager.ask('GET', '/api/v1/inbound-secrets')).status).toBe(200);
    expect((await manager.ask('POST', '/api/v1/inbound-secrets', { body: { name: 'x' } })).status).toBe(403);
    expect((await member.ask('GET', '/api/v1/inbound-secrets')).status).toBe(403);
    for (const name of ['', ' ', 5, 'a\0', 'x'.repeat(101)])
      expect((await makeSecret({ body: { name } })).json.error.fields[0].field).toBe('name');
  });
});
