import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Reconciliation } from '../../../src/payments/reconciliation-store.ts';
import { startScenario, type Scenario } from '../../kit/scenario.ts';
import { charge, paymentIntent, refund, stripeEvent, stripeSubscription } from '../../kit/stripe-events.ts';

/** What the fake of Stripe's API has, by list. Pages have two items. */
const lists: Record<string, object[]> = {
  customers: [],
  subscriptions: [],
  invoices: [],
  payment_intents: [],
  charges: [],
  disputes: [],
  events: [],
};
let mayRead = true;
let s: Scenario;
let api: Server;
let connectionId: string;

const NOW = Math.floor(Date.now() / 1000);
const DAY = 86_400;

beforeAll(async () => {
  s = await startScenario();
  api = createServer(({ url, headers }, response) => {
    const { pathname, searchParams } = new URL(url!, 'http://stripe');
    const all = (lists[pathname.split('/').at(-1)!] ?? []) as { id: string; created: number }[];
    const since = Number(searchParams.get('created[gte]'));
    const found = all.filter(({ created }) => created >= since);
    const start = found.findIndex(({ id }) => id === searchParams.get('starting_after')) + 1;
    const isAllowed = mayRead && headers.authorization === 'Bearer rk_live_1';
    response.writeHead(isAllowed ? 200 : 403, { 'content-type': 'application/json' });
    const data = found.slice(start, start + 2);
    response.end(JSON.stringify({ object: 'list', data, has_more: found.length > start + 2 }));
  });
  await new Promise<void>((done) => api.listen(0, '127.0.0.1', done));
  const ofHistory = { created: NOW - 10 * DAY, livemode: true };
  lists['subscriptions'] = [
    { ...stripeSubscription('sub_1', 'cus_1', 'active'), ...ofHistory, start_date: NOW - 10 * DAY },
  ];
  lists['payment_intents'] = [1, 2, 3].map((n) => ({
    ...paymentIntent(`pi_${n}`, 1000 * n, 'eur', {
      amount_received: 1000 * n,
      customer: 'cus_1',
      status: 'succeeded',
      latest_charge: charge(`ch_${n}`, `pi_${n}`, 1000 * n, 'eur', ofHistory),
    }),
    ...ofHistory,
  }));
  lists['charges'] = [
    charge('ch_1', 'pi_1', 1000, 'eur', {
      ...ofHistory,
      amount_refunded: 400,
      balance_transaction: { fee: 55, net: 945, currency: 'eur' },
      refunds: { data: [refund('re_1', 'pi_1', 'ch_1', 400, 'eur', { created: NOW - 9 * DAY })] },
    }),
  ];
  const made = await s.ask('POST', '/api/v1/connections', {
    body: {
      kind: 'stripe',
      name: 'Shop',
      settings: { base_url: `http://127.0.0.1:${(api.address() as AddressInfo).port}` },
      secrets: { webhook_secret: 'whsec_1', api_key: 'rk_live_1' },
    },
  });
  connectionId = made.json.id;
  await s.newEvents();
});
afterAll(async () => {
  await new Promise((done) => api.close(done));
  await s.stop();
});

const PATH = '/api/v1/payments/reconciliations';
const listed = async () => (await s.ask('GET', `${PATH}?connection_id=${connectionId}`)).json.data;
const find = async (externalId: string) =>
  (await s.ask('GET', `/api/v1/payments?external_id=${externalId}`)).json.data[0];

/** Reads now. @returns the two reconciliations: of events and of objects */
async function reconcile(body: object = {}) {
  const all = async (): Promise<Reconciliation[]> => listed();
  const before = new Set((await all()).flatMap(({ id, finished_at: end }) => (end === null ? [] : [id])));
  const reply = await s.ask('POST', PATH, { body: { connection_id: connectionId, ...body } });
  expect(reply.status, reply.text).toBe(202);
  // A reading that is due anyway may run too: the newest ones count, once they are finished.
  const latest = async () => {
    const rows = await all();
    const newest = (source: string) => rows.find((item) => item.source === source)!;
    return { events: newest('events'), objects: newest('objects') };
  };
  const isFinished = (item?: Reconciliation) =>
    item !== undefined && item.finished_at !== null && !before.has(item.id);
  await expect
    .poll(async () => Object.values(await latest()).every(isFinished), { timeout: 20_000 })
    .toBe(true);
  return latest();
}

test('PM5: what happened before the connection was made is recorded, and fires nothing', async () => {
  const { objects } = await reconcile();
  expect(objects).toMatchObject({ error: null, changed_count: expect.any(Number) });
  expect(await find('pi_1')).toMatchObject({
    status: 'partially_refunded',
    amount: 10,
    amount_refunded: 4,
    fee: 0.55,
    net: 9.45,
    paid_at: new Date((NOW - 10 * DAY) * 1000).toISOString(),
  });
  expect(await find('pi_3')).toMatchObject({ status: 'received', amount: 30 });
  expect((await s.ask('GET', '/api/v1/subscriptions?external_id=sub_1')).json.data).toHaveLength(1);
  expect(await s.newEvents()).toEqual([]);
});

test('what was missed since then fires once, and is listed', async () => {
  const { created: _ignored, ...rest } = stripeEvent('missed', 'payment_intent.succeeded', NOW + 1, {
    ...paymentIntent('pi_9', 900, 'eur', { amount_received: 900, status: 'succeeded' }),
    created: NOW + 1,
  });
  lists['events'] = [{ ...rest, created: Math.floor(Date.now() / 1000) + 1 }];
  const { events } = await reconcile();
  const payment = await find('pi_9');
  expect(events).toMatchObject({
    error: null,
    read_count: 1,
    changed_count: 1,
    differences: [
      {
        type: 'payment_intent.succeeded',
        external_id: 'evt_missed',
        record_type: 'payment',
        record_id: payment.id,
        reason: null,
      },
    ],
  });
  expect(await s.newEvents()).toEqual(['payment.created', 'payment.received']);
  const again = await reconcile();
  expect(again.events).toMatchObject({ read_count: 1, changed_count: 0, differences: [] });
  expect(await s.newEvents()).toEqual([]);
});

test('what cannot be recorded is listed, and the rest is read', async () => {
  const created = Math.floor(Date.now() / 1000) + 1;
  const event = (n: string, amount: number, currency: string) => ({
    ...stripeEvent(n, 'payment_intent.succeeded', created, {
      ...paymentIntent(`pi_${n}`, amount, currency, { amount_received: amount, status: 'succeeded' }),
      created,
    }),
  });
  // Stripe's ISK has two decimals, which are zeros.
  lists['events'] = [event('part', 150, 'isk'), event('large', 10 ** 14, 'eur'), event('right', 500, 'eur')];
  const { events } = await reconcile();
  expect(events).toMatchObject({ error: null, read_count: 3, changed_count: 1 });
  expect(events.differences.map((item) => [item.external_id, item.record_id !== null, item.reason])).toEqual([
    ['evt_part', false, 'amount: must have no decimals in ISK'],
    ['evt_large', false, 'amount: must have at most 12 digits before the point'],
    ['evt_right', true, null],
  ]);
  await s.newEvents();
});

test('a key that may not read says so', async () => {
  mayRead = false;
  const { objects } = await reconcile();
  expect(objects.error).toMatch('Stripe refused the restricted key (403)');
  mayRead = true;
});

test('only who manages connections may start one', async () => {
  const reader = await s.person(['connections:read', 'payments:write']);
  const body = { connection_id: connectionId };
  expect((await s.ask('POST', PATH, { as: reader, body })).status).toBe(403);
  expect((await s.ask('POST', PATH, { as: s.charlie, body })).status).toBe(404);
  const other = await s.ask('POST', '/api/v1/connections', { body: { kind: 'calcom', name: 'Cal.com' } });
  const refused = await s.ask('POST', PATH, { body: { connection_id: other.json.id } });
  expect([refused.status, refused.json.error.fields[0].field]).toEqual([400, 'connection_id']);
  expect((await s.ask('GET', PATH, { as: reader })).json.data.length).toBeGreaterThan(0);
  expect((await s.ask('GET', PATH, { as: s.charlie })).json.data).toEqual([]);
});
