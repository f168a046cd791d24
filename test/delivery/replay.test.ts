import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startReceiver, type Receiver } from '../kit/receiver.ts';
import { runCase, startScenario, type Person, type Scenario } from '../kit/scenario.ts';

const HOOKS = '/api/v1/webhooks';
const SINCE = '2026-01-01T00:00:00Z';

interface Logged {
  id: string;
  action?: string;
  event_id: string;
  event_type: string;
  kind: string;
  state: string;
  webhook_id: string;
  created_at: string;
}

let s: Scenario;
let receiver: Receiver;
let ok: boolean;
let me: Person;
beforeAll(async () => {
  s = await startScenario();
});
afterAll(() => s.stop());
beforeEach(async () => {
  const { id: workspaceId } = await s.app.workspaces.create({ name: 'Alone' });
  const key = { workspaceId, name: 'key', style: 'fairlead' as const, createdBy: 'test' };
  const { id, raw } = await s.app.keys.create(key);
  me = { workspaceId, keyId: id, key: raw };
  receiver = await startReceiver();
  ok = true;
  receiver.answer(() => ({ status: ok ? 200 : 500 }));
  return async () => {
    await s.db.pool.query('update endpoint set state = $1 where workspace_id = $2', ['deleted', workspaceId]);
    await receiver.close();
  };
});

async function hook(more: object = {}): Promise<string> {
  const body = { name: 'hook', url: receiver.url, events: ['contact.created'], retry: { max: 0 }, ...more };
  const { json, status, text } = await s.ask('POST', HOOKS, { as: me, body });
  expect(status, text).toBe(201);
  return json.id;
}

async function contacts(count: number, fields: object = {}): Promise<void> {
  for (let n = 0; n < count; n++) {
    const body = { first_name: `Jane ${n}`, ...fields };
    expect((await s.ask('POST', '/api/v1/contacts', { as: me, body })).status).toBe(201);
  }
}

async function log(path: string): Promise<Logged[]> {
  const { json, status, text } = await s.ask('GET', path, { as: me });
  expect(status, text).toBe(200);
  return json.data;
}

const pause = (id: string, active: boolean) => s.ask('PATCH', `${HOOKS}/${id}`, { as: me, body: { active } });
const replay = (id: string, body: object = {}) =>
  s.ask('POST', `${HOOKS}/${id}/replay`, { as: me, body: { since: SINCE, ...body } });

/** A webhook with two failed deliveries, two missed events and one delivered event, in this order. */
async function eventful(more: object = {}): Promise<string> {
  const id = await hook(more);
  ok = false;
  await contacts(2);
  await expect.poll(async () => (await log(`${HOOKS}/${id}/deliveries?state=failed`)).length).toBe(2);
  await pause(id, false);
  await contacts(2);
  ok = true;
  await pause(id, true);
  await contacts(1);
  await expect.poll(async () => (await log(`${HOOKS}/${id}/deliveries?state=delivered`)).length).toBe(1);
  return id;
}

/** The feed positions of the replayed events, in the order in which they were queued. */
async function resent(id: string, count: number): Promise<number[]> {
  await expect
    .poll(async () => (await log(`${HOOKS}/${id}/deliveries?state=delivered`)).filter(isResend).length)
    .toBe(count);
  const places = new Map<string, number>(
    (await s.ask('GET', '/api/v1/events?limit=200', { as: me })).json.data.map(
      (event: { id: string; seq: number }) => [event.id, event.seq],
    ),
  );
  const again = (await log(`${HOOKS}/${id}/deliveries`)).filter(isResend);
  return again.toReversed().map(({ event_id: eventId }) => places.get(eventId)!);
}

const isResend = ({ kind }: Logged) => kind === 'resend';

describe('AC5: events that failed or were missed since a time are sent again', () => {
  test.each([
    [undefined, [1, 2, 3, 4]],
    ['failed', [1, 2]],
    ['missed', [3, 4]],
    ['all', [1, 2, 3, 4, 5]],
  ])('only %s: in the order of the feed, under the same event ids', async (only, places) => {
    const id = await eventful();
    const before = receiver.received.length;
    const reply = await replay(id, only === undefined ? {} : { only });
    expect(reply.status, reply.text).toBe(202);
    expect(reply.json).toMatchObject({ queued: places.length, has_more: false });
    expect(await resent(id, places.length)).toEqual(places);
    expect(new Set(receiver.received.slice(before).map(({ headers }) => headers['webhook-id'])).size).toBe(
      places.length,
    );
  });

  test('a replayed event that was delivered is not found again, nor one that still waits', async () => {
    const id = await eventful();
    expect((await replay(id)).json.queued).toBe(4);
    expect((await replay(id)).json.queued).toBe(0);
    await resent(id, 4);
    expect((await replay(id)).json).toEqual({ queued: 0, has_more: false, next_after: null });
  });

  test('a dry run counts what would be sent, and sends nothing', async () => {
    const id = await eventful();
    const before = receiver.received.length;
    for (const [only, queued] of [
      ['failed', 2],
      ['missed', 2],
      ['all', 5],
    ]) {
      expect((await replay(id, { only, dry_run: true })).json).toMatchObject({ queued, has_more: false });
    }
    expect((await log('/api/v1/audit')).some(({ action }) => action === 'webhook.replayed')).toBe(false);
    expect((await log(`${HOOKS}/${id}/deliveries`)).some(isResend)).toBe(false);
    expect((await replay(id)).json.queued).toBe(4);
    await resent(id, 4);
    expect(receiver.received.length).toBe(before + 4);
  });

  test('two concurrent replays queue it once', async () => {
    const id = await eventful();
    const replies = await Promise.all([replay(id), replay(id), replay(id)]);
    expect(replies.map(({ json }) => json.queued).toSorted((a, b) => a - b)).toEqual([0, 0, 4]);
  });

  test('within a time, and by type', async () => {
    const id = await hook({ active: false, events: ['contact.created', 'company.created'] });
    await contacts(1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const between = new Date().toISOString();
    await contacts(1);
    await s.ask('POST', '/api/v1/companies', { as: me, body: { name: 'Acme' } });
    await pause(id, true);
    expect((await replay(id, { until: between })).json.queued).toBe(1);
    expect((await replay(id, { since: between, types: ['company.created'] })).json.queued).toBe(1);
    expect((await replay(id, { since: between })).json.queued).toBe(1);
    expect(await resent(id, 3)).toEqual([1, 3, 2]);
  });

  test('a missed event must pass the filter; another event type is not sent', async () => {
    const filter = { field: 'source', op: 'equals', value: 'website' };
    const id = await hook({ active: false, filter, events: ['*'], format: 'axocrm' });
    await contacts(1);
    await contacts(1, { source: 'website' });
    await s.ask('DELETE', `/api/v1/contacts/${(await log('/api/v1/contacts'))[0]!.id}`, { as: me });
    await pause(id, true);
    expect((await replay(id)).json.queued).toBe(1);
    expect(await resent(id, 1)).toEqual([2]);
  });

  test('more events than fit into one call continue after the last', async () => {
    const id = await hook({ active: false });
    await s.db.pool.query(
      `with c as (update workspace_counter set event_seq = 10002 where workspace_id = $1)
       insert into event (workspace_id, id, seq, type, object_type, object_id, occurred_at, actor, data, matched)
       select $1, (left(now_id, 19) || '8' || lpad(to_hex(n), 3, '0') || '-' || right(gen_random_uuid()::text, 12))::uuid,
              n, 'contact.created', 'contact', gen_random_uuid(), now(), 'test', '{}', 0
       from generate_series(1, 10002) n, (select $2::text as now_id) i`,
      [me.workspaceId, (await log('/api/v1/pipelines'))[0]!.id],
    );
    await pause(id, true);
    receiver.answer(() => ({ hang: true }));
    const first = (await replay(id, { only: 'all' })).json;
    expect(first).toMatchObject({ queued: 10_000, has_more: true });
    const { rows } = await s.db.pool.query(
      'select array_agg(seq order by due_at, id) as places from queue where workspace_id = $1',
      [me.workspaceId],
    );
    expect(rows[0].places.map(Number)).toEqual(Array.from({ length: 10_000 }, (_, n) => n + 1));
    const second = (await replay(id, { only: 'all', after: first.next_after })).json;
    expect(second).toMatchObject({ queued: 2, has_more: false });
  });

  test('a webhook that is not active answers 409, and an Idempotency-Key replays the answer', async () => {
    const id = await eventful();
    const headers = { 'idempotency-key': 'replay' };
    const body = { since: SINCE };
    const ask = () => s.ask('POST', `${HOOKS}/${id}/replay`, { as: me, body, headers });
    const first = await ask();
    expect((await ask()).text).toBe(first.text);
    await pause(id, false);
    expect(await replay(id)).toMatchObject({ status: 409, json: { error: { code: 'conflict' } } });
    const audit = (await s.ask('GET', '/api/v1/audit', { as: me })).json.data;
    expect(audit.filter(({ action }: { action: string }) => action === 'webhook.replayed')).toMatchObject([
      { object_id: id, details: { since: SINCE, queued: 4 } },
    ]);
  });

  test.each([
    [{ since: undefined }, 'since'],
    [{ since: 'yesterday' }, 'since'],
    [{ until: '2025-01-01T00:00:00Z' }, 'until'],
    [{ only: 'some' }, 'only'],
    [{ types: [] }, 'types'],
    [{ types: ['contact.created', 'company.created'] }, 'types.1'],
    [{ after: 'evt_1' }, 'after'],
    [{ after: `evt_${'0'.repeat(32)}` }, 'after'],
    [{ colour: 'red' }, 'colour'],
  ])('%j is a 400 that names the field', async (body, field) => {
    const path = `${HOOKS}/${await hook()}/replay`;
    await runCase(s, {
      name: '',
      method: 'POST',
      path,
      as: me,
      body: { since: SINCE, ...body },
      status: 400,
      fields: [field],
    });
  });

  test('permissions: only webhooks:manage, and only within the workspace', async () => {
    const id = await hook();
    const ask = (as: Person | null) => s.ask('POST', `${HOOKS}/${id}/replay`, { as, body: { since: SINCE } });
    expect((await ask(null)).status).toBe(401);
    expect((await ask(await s.person(['webhooks:read']))).status).toBe(403);
    expect((await ask(s.charlie)).status).toBe(404);
    expect((await s.ask('POST', `${HOOKS}/wh_1/replay`, { body: { since: SINCE } })).status).toBe(404);
  });
});

describe('AC5: the delivery log', () => {
  test('over all webhooks of the workspace, by state, event type and time, page by page', async () => {
    const item = await eventful();
    const until = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const two = await hook({ events: ['company.created'] });
    await s.ask('POST', '/api/v1/companies', { as: me, body: { name: 'Acme' } });
    await expect.poll(async () => (await log('/api/v1/deliveries?state=delivered')).length).toBe(2);

    const all = await log('/api/v1/deliveries');
    expect(all.map((delivery) => delivery.webhook_id)).toEqual([two, item, item, item]);
    const states = async (query: string) =>
      (await log(`/api/v1/deliveries?${query}`)).map(({ state }) => state);
    expect(await states('state=failed')).toEqual(['failed', 'failed']);
    expect(await states('state=pending')).toEqual([]);
    expect(await states('event_type=company.created')).toEqual(['delivered']);
    expect(await states('event_type=contact.created&state=delivered')).toEqual(['delivered']);
    expect(await states(`created_at[lt]=${until}`)).toEqual(['delivered', 'failed', 'failed']);
    expect(await states(`created_at[gte]=${until}`)).toEqual(['delivered']);
    const { created_at: at } = all[0]!;
    expect(await states(`created_at[gte]=${at}&created_at[lte]=${at}`)).toEqual(['delivered']);
    expect(await states(`created_at[gt]=${at}`)).toEqual([]);
    expect(await log(`${HOOKS}/${item}/deliveries?event_type=company.created`)).toEqual([]);

    const first = (await s.ask('GET', '/api/v1/deliveries?limit=3', { as: me })).json;
    expect(first.has_more).toBe(true);
    const next = (await s.ask('GET', first.next_url, { as: me })).json;
    expect([...first.data, ...next.data]).toEqual(all);
    expect(next.has_more).toBe(false);
    expect(await log('/api/v1/deliveries?state=failed&limit=1')).toEqual([all[2]]);
  });

  test.each([
    ['state=lost', 'state'],
    ['event_type=contact.sneezed', 'event_type'],
    ['created_at[gte]=soon', 'created_at[gte]'],
    ['colour=red', 'colour'],
  ])('%s is a 400 that names the parameter', async (query, field) => {
    const path = `/api/v1/deliveries?${query}`;
    await runCase(s, { name: '', method: 'GET', path, status: 400, fields: [field] });
  });

  test('permissions: webhooks:read, and only within the workspace', async () => {
    await eventful();
    const ask = async (as: Person | null) => s.ask('GET', '/api/v1/deliveries', { as });
    expect((await ask(null)).status).toBe(401);
    expect((await ask(s.bob)).status).toBe(403);
    expect((await ask(s.charlie)).json.data).toEqual([]);
    expect((await ask(await s.person(['webhooks:read']))).json.data).toEqual([]);
    expect((await ask(me)).json.data).toHaveLength(3);
  });
});
