import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAgentBudgets } from '../../src/account/agent-budget.ts';
import { openDatabase } from '../../src/db/pool.ts';
import { silent } from '../kit/database.ts';
import { makeMember } from '../kit/member.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario();
});
afterAll(() => s.stop());

const PATH = '/api/v1/api-keys';
const LIMITS = { writes_per_hour: 100, deletes: false, objects: null };

async function agent(limits: object = {}, scopes = ['*']) {
  const reply = await s.ask('POST', PATH, {
    body: { name: 'assistant', scopes, kind: 'agent', budget: limits },
  });
  expect(reply.status, reply.text).toBe(201);
  return reply.json as { id: string; key: string; kind: string; budget: object };
}

const contact = (key: string, more: object = {}, query = '') =>
  s.ask('POST', `/api/v1/contacts${query}`, { as: key, body: { first_name: 'Jane', ...more } });

describe('the key of an agent', () => {
  test('has limits, which are shown and can be changed; other keys have none', async () => {
    const made = await agent();
    expect(made).toMatchObject({ kind: 'agent', budget: LIMITS });
    const changed = { writes_per_hour: 5, deletes: true, objects: ['contacts'] };
    const reply = await s.ask('PATCH', `${PATH}/${made.id}`, {
      body: { budget: { ...changed, objects: ['contact'] } },
    });
    expect(reply.json.budget).toEqual(changed);
    const other = (await s.ask('POST', PATH, { body: { name: 'website' } })).json;
    expect(other).toMatchObject({ kind: 'integration', budget: null });
    expect((await s.ask('PATCH', `${PATH}/${other.id}`, { body: { budget: changed } })).status).toBe(400);
    expect((await s.ask('PATCH', `${PATH}/${made.id}`, { body: { budget: null } })).status).toBe(400);
    const wrong = { name: 'a', kind: 'agent', budget: { objects: ['people'] } };
    expect((await s.ask('POST', PATH, { body: wrong })).text).toContain('budget.objects.0');
  });

  test('never has the scopes of administrators, whatever it was granted', async () => {
    const { key } = await agent();
    const { scopes } = (await s.ask('GET', '/api/v1/me', { as: key })).json;
    expect(scopes).toEqual(expect.arrayContaining(['contacts:write', 'events:read', 'webhooks:read']));
    // Of managers.
    expect(scopes.filter((scope: string) => /^\*$|:manage$/.test(scope))).toEqual([
      'booking:manage',
      'suppressions:manage',
      'consents:manage',
    ]);
    const another = { name: 'b', scopes: ['contacts:write'] };
    expect((await s.ask('POST', PATH, { as: key, body: another })).status).toBe(403);
  });

  test('with chosen objects sees these and nothing else, also not in the feed of events', async () => {
    const { key } = await agent({ objects: ['deals'] });
    expect((await s.ask('GET', '/api/v1/deals', { as: key })).status).toBe(200);
    for (const path of ['contacts', 'events', 'webhooks', 'activities/01976d3c-1000-7000-8000-000000000001'])
      expect((await s.ask('GET', `/api/v1/${path}`, { as: key })).status, path).toBe(403);
    const objects = (await s.ask('GET', '/api/v1/objects?brief=true', { as: key })).json.data;
    expect(objects.map((object: { key: string }) => object.key)).toEqual(['deal']);
  });

  test('writes as many records in an hour as it may, each of a batch counted, none twice', async () => {
    const { id, key } = await agent({ writes_per_hour: 6 });
    const together = await Promise.all(Array.from({ length: 4 }, () => contact(key)));
    expect(together.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    const batch = (records: number) =>
      s.ask('POST', '/api/v1/contacts/batch', {
        as: key,
        body: { records: Array.from({ length: records }, () => ({ first_name: 'Bo' })) },
      });
    const refused = await batch(3);
    expect(refused.status).toBe(429);
    expect(refused.json.error).toMatchObject({ code: 'rate_limited' });
    expect(refused.json.error.message).toContain('2 are left, 3 needed');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3_000);
    expect((await contact(key, {}, '?dry_run=true')).status).toBe(200);
    expect((await batch(2)).status).toBe(200);
    expect((await contact(key)).status).toBe(429);
    expect((await s.ask('GET', '/api/v1/contacts', { as: key })).status).toBe(200);
    // More room takes effect at once.
    await s.ask('PATCH', `${PATH}/${id}`, { body: { budget: { ...LIMITS, writes_per_hour: 7 } } });
    expect((await contact(key)).status).toBe(201);
  });

  test('an answer under an Idempotency-Key is repeated without counting', async () => {
    const { key } = await agent({ writes_per_hour: 1 });
    const ask = () =>
      s.ask('POST', '/api/v1/contacts', {
        as: key,
        body: { first_name: 'Jane' },
        headers: { 'idempotency-key': 'once' },
      });
    const [first, second] = [await ask(), await ask()];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.json.id).toBe(first.json.id);
  });

  test('deletes, erases and merges only if it may', async () => {
    const [first, second] = [await contact(s.alice.key), await contact(s.alice.key)];
    const path = `/api/v1/contacts/${first.json.id}`;
    const { key } = await agent();
    const asks = (as: string) => [
      s.ask('POST', `${path}/merge`, { as, body: { with: [second.json.id] } }),
      s.ask('POST', `/api/v1/contacts/batch-delete`, { as, body: { ids: [first.json.id] } }),
      s.ask('POST', `${path}/erase`, { as }),
      s.ask('DELETE', path, { as }),
    ];
    for (const { status, json } of await Promise.all(asks(key))) {
      expect(status).toBe(403);
      expect(json.error.message).toContain('may not delete');
    }
    expect((await s.ask('DELETE', path, { as: (await agent({ deletes: true })).key })).status).toBe(204);
  });

  test('its entries in the audit log say that it is an agent', async () => {
    const { id, key } = await agent({}, ['tags:write']);
    await s.ask('POST', '/api/v1/tags', { as: key, body: { name: 'VIP' } });
    const { data } = (await s.ask('GET', '/api/v1/audit')).json;
    const mine = data.find((line: { actor: { id: string } }) => line.actor.id === id);
    expect(mine.actor).toEqual({ type: 'api_key', id, name: 'assistant', is_agent: true });
    const hers = data.find((line: { actor: { id: string } }) => line.actor.id === s.alice.keyId);
    expect(hers.actor).not.toHaveProperty('is_agent');
  });

  test('is refused once it is revoked, or its maker has left', async () => {
    const { id, key } = await agent();
    expect((await contact(key)).status).toBe(201);
    await s.ask('DELETE', `${PATH}/${id}`);
    expect((await contact(key)).status).toBe(401);
    const maker = await makeMember(s, 'admin');
    const hers = (await maker.ask('POST', PATH, { as: null, body: { name: 'a', kind: 'agent' } })).json.key;
    expect((await contact(hers)).status).toBe(201);
    expect((await s.ask('DELETE', `/api/v1/members/${maker.id}`)).status).toBe(204);
    expect((await contact(hers)).status).toBe(403);
  });

  test('two processes share its budget: of sixty writes at once, exactly twenty are made', async () => {
    const { id } = await agent();
    const processes = [1, 2].map(() => openDatabase(s.connection, { max: 4, log: silent }));
    const caller = {
      workspaceId: s.alice.workspaceId,
      identity: id,
      agent: { writes_per_hour: 20, deletes: false, objects: null },
    };
    const spent = await Promise.allSettled(
      Array.from({ length: 60 }, (_, n) => makeAgentBudgets(processes[n % 2]!).spend(caller, 1, false)),
    );
    expect(spent.filter(({ status }) => status === 'fulfilled')).toHaveLength(20);
    await Promise.all(processes.map((db) => db.close()));
  });
});
