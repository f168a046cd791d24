import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LockedObjects } from '../../src/payments/provider-object.ts';
import { PAYMENT_CONNECTIONS, sendEvent } from '../kit/payment-sender.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';
import { customer, paymentIntent, stripeEvent } from '../kit/stripe-events.ts';

const T = 1_780_000_000;

let s: Scenario;
let url: string;
let connectionId: string;
beforeAll(async () => {
  s = await startScenario();
  const made = await s.ask('POST', '/api/v1/connections', { body: PAYMENT_CONNECTIONS.stripe });
  connectionId = made.json.id;
  url = s.url + new URL(made.json.urls[0].url).pathname;
  await send('payment_intent.processing', paymentIntent('pi_held', 100, 'eur', { status: 'processing' }));
  await s.newEvents();
});
afterAll(() => s.stop());

let count = 0;

function send(type: string, object: Record<string, unknown>, at = T) {
  const text = JSON.stringify(stripeEvent(`at_once_${++count}`, type, at, object));
  return sendEvent(url, { provider: 'stripe', type, text });
}
const paid = (id: string, more: object = {}, amount = 1000, currency = 'eur') => ({
  ...paymentIntent(id, amount, currency, { amount_received: amount, status: 'succeeded' }),
  ...more,
});
const pay = (...payment: Parameters<typeof paid>) => send('payment_intent.succeeded', paid(...payment));
const find = async (externalId: string) =>
  (await s.ask('GET', `/api/v1/payments?external_id=${externalId}`)).json.data[0];
const waitingFor = async (kind: string) =>
  (await s.db.pool.query('select from pg_locks where not granted and locktype = $1', [kind])).rowCount;

/** Sends events that are applied in one transaction: those that arrive while another one waits for a lock. */
async function together(sendAll: () => Promise<{ status: number; text: string }>[]) {
  const client = await s.db.pool.connect();
  try {
    await client.query('begin');
    await client.query(`select from provider_object where external_id = 'pi_held' for update`);
    const held = send(
      'payment_intent.processing',
      paymentIntent('pi_held', 100, 'eur', { status: 'processing' }),
    );
    await expect.poll(() => waitingFor('transactionid'), { timeout: 10_000 }).toBeGreaterThan(0);
    const replies = sendAll();
    // They have arrived before this one is answered.
    await s.ask('GET', '/api/v1/workspace');
    await client.query('commit');
    await held;
    return replies;
  } finally {
    client.release();
  }
}

test('an event that cannot be stored does not spoil those that arrive with it, and is refused by name', async () => {
  const replies = await Promise.all(
    await together(() => [
      pay('pi_a1'),
      pay('pi_large', {}, 10 ** 14),
      pay('pi_yen', {}, 10 ** 12, 'jpy'),
      pay('pi_a2'),
      pay('pi_odd', { description: 'Half a \ud83d\0', currency: 'xqz' }),
      send('refund.created', {
        id: 're_odd',
        object: 'refund',
        amount: 100,
        currency: 'eur',
        payment_intent: 'pi_a1',
        reason: 'Half a \ud83d\0',
        status: 'succeeded',
      }),
      send('refund.created', {
        id: 're_'.repeat(100),
        object: 'refund',
        amount: 100,
        currency: 'eur',
        payment_intent: 'pi_a2',
        status: 'succeeded',
      }),
      pay('pi_a3'),
    ]),
  );
  expect(replies.map(({ status }) => status)).toEqual([200, 400, 400, 200, 200, 200, 400, 200]);
  const refused = replies.filter(({ status }) => status === 400).map(({ text }) => JSON.parse(text).error);
  expect(refused.map(({ fields }) => fields[0].field)).toEqual(['amount', 'amount', 'refundId']);
  expect((await s.newEvents()).toSorted()).toEqual([
    ...Array.from({ length: 4 }, () => 'payment.created'),
    ...Array.from({ length: 4 }, () => 'payment.received'),
    'payment.refunded',
  ]);
  expect(await find('pi_odd')).toMatchObject({ description: 'Half a \ufffd', currency: 'XQZ' });
  expect(await find('pi_large')).toBeUndefined();
  expect(await find('pi_a1')).toMatchObject({ status: 'partially_refunded', amount_refunded: 1 });

  const log = await s.ask('GET', `/api/v1/connections/${connectionId}/events?limit=9`);
  const entries: { outcome: string; record: { type: string } | null }[] = log.json.data;
  expect(entries.filter(({ outcome }) => outcome === 'refused')).toHaveLength(3);
  expect(entries.filter(({ record }) => record?.type === 'payment')).toHaveLength(6);
});

test('each event has its own record and reason in the log', async () => {
  await Promise.all(
    await together(() => [pay('pi_own1', { receipt_email: 'own@p.example' }), pay('pi_own2')]),
  );
  const own = [await find('pi_own1'), await find('pi_own2')];
  const { json } = await s.ask('GET', `/api/v1/connections/${connectionId}/events?limit=2`);
  const byRecord = new Map(
    json.data.map((item: { record: { id: string }; reason: string | null }) => [item.record.id, item.reason]),
  );
  expect(byRecord).toEqual(
    new Map([
      [own[0].id, null],
      [own[1].id, 'No contact was found.'],
    ]),
  );
});

test('an object that several others name is locked once', async () => {
  const connection = { workspaceId: s.alice.workspaceId, id: connectionId, kind: 'stripe', settings: {} };
  const key = { kind: 'payment', externalId: 'pi_twice' } as const;
  await s.db.transaction(async (trx) => {
    const objects = new LockedObjects(trx, connection, Date.now(), randomUUID);
    await objects.lock([key, key]);
    expect(objects.list('payment')).toHaveLength(1);
  });
});

test('an address is locked before the first event is fired: nobody waits for each other', async () => {
  const client = await s.db.pool.connect();
  try {
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock(hashtextextended($1, 52))', [
      `${s.alice.workspaceId} contact second@p.example`,
    ]);
    const replies = await together(() => [
      pay('pi_first', { receipt_email: 'first@p.example' }),
      pay('pi_second', { receipt_email: 'second@p.example' }),
    ]);
    await expect.poll(() => waitingFor('advisory'), { timeout: 10_000, interval: 5 }).toBe(1);
    const counter = await s.db.pool.query(
      'select from workspace_counter where workspace_id = $1 for update skip locked',
      [s.alice.workspaceId],
    );
    await client.query('commit');
    expect(counter.rowCount).toBe(1);
    expect((await Promise.all(replies)).map(({ status }) => status)).toEqual([200, 200]);
  } finally {
    client.release();
  }
  expect((await find('pi_second')).matched_by).toBe('created');
});

test('addresses of one contact in different cases are one contact', async () => {
  await Promise.all(
    await together(() => [
      pay('pi_case1', { receipt_email: 'Case@p.example' }),
      pay('pi_case2', { receipt_email: 'case@p.example' }),
    ]),
  );
  const [first, second] = [await find('pi_case1'), await find('pi_case2')];
  expect(first.matched_by).toBe('created');
  expect(second).toMatchObject({ matched_by: 'email', contact_id: first.contact_id });
});

test('a text that PostgreSQL does not take keeps nobody from assigning a contact', async () => {
  const sent = await send('customer.created', customer('cus_odd', null as never, 'Half a \ud83d\0'));
  expect(sent.status, sent.text).toBe(200);
  await pay('pi_cus', { customer: 'cus_odd' });
  const { json: jane } = await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'Jane' } });
  const path = `/api/v1/payments/${(await find('pi_cus')).id}`;
  const assigned = await s.ask('PATCH', path, { body: { contact_id: jane.id } });
  expect(assigned.status, assigned.text).toBe(200);
  expect(assigned.json.matched_by).toBe('member');
});
