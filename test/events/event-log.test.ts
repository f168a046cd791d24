import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { floorId } from '../../src/base/id.ts';
import { startReceiver, type Receiver } from '../kit/receiver.ts';
import { runCase, startScenario, type Person, type Scenario } from '../kit/scenario.ts';

const LOG = '/api/v1/event-log';

let s: Scenario;
let receiver: Receiver;
let me: Person;
beforeAll(async () => {
  s = await startScenario();
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver.close();
  await s.stop();
});
beforeEach(async () => {
  const { id: workspaceId } = await s.app.workspaces.create({ name: 'Alone' });
  const key = { workspaceId, name: 'key', style: 'fairlead' as const, createdBy: 'test' };
  const { id, raw } = await s.app.keys.create(key);
  me = { workspaceId, keyId: id, key: raw };
});

const make = async (path: string, body: object) => {
  const reply = await s.ask('POST', `/api/v1/${path}`, { as: me, body });
  expect(reply.status, reply.text).toBe(201);
  return reply.json;
};
const read = async (query = '') => {
  const reply = await s.ask('GET', query.startsWith('/') ? query : `${LOG}${query}`, { as: me });
  expect(reply.status, reply.text).toBe(200);
  return reply.json;
};
/** Positions in the feed. */
const places = async (query = '') => (await read(query)).data.map(({ seq }: { seq: number }) => seq);

describe('the event log, newest first', () => {
  test('page after page, by type, by time, and events that no webhook wanted with the reason', async () => {
    await make('contacts', { first_name: 'One' });
    const hook = { name: 'hook', url: receiver.url, events: ['contact.created'], filter: { tag: 'vip' } };
    await make('webhooks', hook);
    await make('contacts', { first_name: 'Two' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const between = new Date().toISOString();
    await make('companies', { name: 'Acme' });

    expect(await places()).toEqual([3, 2, 1]);
    const first = await read('?limit=2');
    expect(first.data.map(({ seq }: { seq: number }) => seq)).toEqual([3, 2]);
    expect(first).toMatchObject({ has_more: true });
    const second = await read(first.next_url);
    expect(second).toMatchObject({ data: [{ seq: 1 }], has_more: false, next_cursor: null, next_url: null });

    expect(await places('?type=company.created')).toEqual([3]);
    expect(await places(`?occurred_at[lt]=${between}`)).toEqual([2, 1]);
    expect(await places(`?occurred_at[gte]=${between}`)).toEqual([3]);
    const [, filtered] = (await read('?matched=none')).data;
    expect(filtered).toMatchObject({ seq: 2, matched: 0, reason: 'no match: tag' });
  });

  test('a rare event is found behind an empty page', async () => {
    await make('companies', { name: 'Acme' });
    const [{ id }] = (await read()).data;
    await s.db.pool.query(
      `insert into event (workspace_id, id, seq, type, object_type, object_id, occurred_at, actor, data, matched)
       select $1, (left(i, 20) || lpad(to_hex(n / 4096), 3, '0') || '-' || lpad(to_hex(n % 4096), 12, '0'))::uuid,
              n + 1, 'contact.created', 'contact', gen_random_uuid(), now(), 'test', '{}', 0
       from generate_series(1, 20050) n, (select left($2, 19) || '8' as i) x`,
      [me.workspaceId, id.slice(4).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')],
    );
    const empty = await read('?type=company.created');
    expect(empty).toMatchObject({ data: [], has_more: true });
    expect(await read(empty.next_url)).toMatchObject({ data: [{ id, seq: 1 }], has_more: false });
  });

  test('the deliveries of an event', async () => {
    await make('webhooks', { name: 'hook', url: receiver.url, events: ['contact.created'] });
    await make('webhooks', { name: 'other', url: receiver.url, events: ['contact.created'] });
    await make('contacts', { first_name: 'One' });
    await make('contacts', { first_name: 'Two' });
    const [two, item] = (await read()).data;
    for (const event of [item, two]) {
      const { data } = await read(`/api/v1/deliveries?event_id=${event.id}`);
      expect(data.map((delivery: { event_id: string }) => delivery.event_id)).toEqual([event.id, event.id]);
    }
  });

  test('its tests and resends are among them; parts of the log that cannot contain them are not read', async () => {
    const hook = await make('webhooks', { name: 'hook', url: receiver.url, events: ['contact.created'] });
    await make('contacts', { first_name: 'One' });
    const [event] = (await read()).data;
    const path = `/api/v1/deliveries?event_id=${event.id}`;
    const settledOf = async (query: string) =>
      (await read(query)).data.filter(({ state }: { state: string }) => state === 'delivered');
    await expect.poll(async () => (await settledOf(path)).length).toBe(1);
    const [own] = await settledOf(path);
    const again = (await s.ask('POST', `/api/v1/deliveries/${own.id}/resend`, { as: me })).json.delivery_id;
    // An hour later, as a resend may be.
    const late = floorId(Date.now() + 3_600_000);
    for (const [kind, id] of [
      ['resend', late],
      ['event', floorId(Date.now() + 3_600_100)],
    ]) {
      await s.db.pool.query(
        `insert into attempt (workspace_id, id, endpoint_id, delivery_id, event_id, event_type, kind, number, at,
                              duration_ms, state)
         select workspace_id, $3, endpoint_id, $3, event_id, event_type, $4, 1, at, 1, 'failed'
         from attempt where workspace_id = $1 and delivery_id = $2`,
        [me.workspaceId, own.id, id, kind],
      );
    }
    await expect.poll(async () => (await settledOf(path)).length).toBe(2);
    const ids = async (query = '') =>
      (await read(`${path}${query}`)).data.map(({ id }: { id: string }) => id);
    expect(await ids()).toEqual([late, again, own.id]);
    expect(await ids('&state=failed')).toEqual([late]);
    const first = await read(`${path}&limit=2`);
    expect((await read(first.next_url)).data.map(({ id }: { id: string }) => id)).toEqual([own.id]);

    const sent = (await s.ask('POST', `/api/v1/webhooks/${hook.id}/test`, { as: me, body: {} })).json;
    const { data } = await read(`/api/v1/deliveries?event_id=${sent.event_id}`);
    expect(data).toMatchObject([{ id: sent.delivery_id, kind: 'test' }]);
  });

  test.each([
    { name: 'an unknown type', path: '?type=contact.eaten', status: 400, fields: ['type'] },
    { name: 'an unknown parameter', path: '?types=contact.created', status: 400, fields: ['types'] },
    { name: 'no cursor', path: '?cursor=abc', status: 400, fields: ['cursor'] },
    { name: 'no time', path: '?occurred_at[gte]=yesterday', status: 400, fields: ['occurred_at[gte]'] },
  ])('is refused: $name', async ({ name, path, status, fields }) => {
    await runCase(s, { name, method: 'GET', path: LOG + path, as: me, status, fields });
  });

  test('is not shown to a key without the scope, nor to another workspace', async () => {
    const event = await make('contacts', { first_name: 'One' });
    expect((await s.ask('GET', LOG, { as: s.bob })).status).toBe(403);
    const elsewhere = (await s.ask('GET', LOG, { as: s.charlie })).json.data;
    expect(JSON.stringify(elsewhere)).not.toContain(event.id);
    const refused = await s.ask('GET', '/api/v1/deliveries?event_id=evt_1', { as: me });
    expect(refused.json.error.fields[0].field).toBe('event_id');
  });
});
