import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { eraserOfAll } from '../../src/modules.ts';
import { silent } from '../kit/database.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';
import { sendEvent, PAYMENT_CONNECTIONS } from '../kit/payment-sender.ts';
import { charge, customer, paymentIntent, stripeEvent } from '../kit/stripe-events.ts';

let s: Scenario;
let url: string;
beforeAll(async () => {
  s = await startScenario();
  const body = { ...PAYMENT_CONNECTIONS.stripe, settings: { create_contact: false } };
  const made = await s.ask('POST', '/api/v1/connections', { body });
  url = s.url + new URL(made.json.urls[0].url).pathname;
});
afterAll(() => s.stop());
beforeEach(() => s.newEvents());

const T = 1_780_000_000;
let count = 0;

async function send(type: string, object: Record<string, unknown>, at = T): Promise<void> {
  count += 1;
  const event = stripeEvent(`match${count}`, type, at, object);
  const reply = await sendEvent(url, { provider: 'stripe', type, text: JSON.stringify(event) });
  expect(reply.status, reply.text).toBe(200);
}
const pay = (id: string, more: object = {}) =>
  send('payment_intent.succeeded', {
    ...paymentIntent(id, 1000, 'eur', { amount_received: 1000, status: 'succeeded' }),
    ...more,
  });
const find = async (externalId: string) =>
  (await s.ask('GET', `/api/v1/payments?external_id=${externalId}`)).json.data[0];
const contact = async (email: string) =>
  (await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'Jane', last_name: 'Doe', email } })).json;

test('PM4: who assigns a contact settles it for the customer: earlier payments are moved, later ones follow', async () => {
  await pay('pi_s1', { customer: 'cus_s' });
  await pay('pi_s2', { customer: 'cus_s' });
  const first = await find('pi_s1');
  expect(first).toMatchObject({ contact_id: null, matched_by: 'unmatched' });
  const jane = await contact('jane@s.example');
  const assigned = await s.ask('PATCH', `/api/v1/payments/${first.id}`, { body: { contact_id: jane.id } });
  expect(assigned.json).toMatchObject({ contact_id: jane.id, matched_by: 'member' });
  await expect.poll(async () => (await find('pi_s2')).contact_id, { timeout: 15_000 }).toBe(jane.id);
  await pay('pi_s3', { customer: 'cus_s' });
  expect(await find('pi_s3')).toMatchObject({ contact_id: jane.id, matched_by: 'customer' });
});

test('a customer that becomes known later takes its payments along', async () => {
  const kate = await contact('kate@s.example');
  await pay('pi_k1', { customer: 'cus_k' });
  expect((await find('pi_k1')).contact_id).toBeNull();
  await send('customer.updated', customer('cus_k', 'kate@s.example', 'Kate'));
  expect(await find('pi_k1')).toMatchObject({ contact_id: kate.id, matched_by: 'email' });
});

test('a payment of a merged contact goes to the survivor', async () => {
  const [kept, merged] = [await contact('kept@s.example'), await contact('old@s.example')];
  await pay('pi_m1', { customer: 'cus_m', receipt_email: 'old@s.example' });
  await s.ask('POST', `/api/v1/contacts/${kept.id}/merge`, { body: { with: [merged.id] } });
  expect((await find('pi_m1')).contact_id).toBe(kept.id);
  await pay('pi_m2', { customer: 'cus_m' });
  expect((await find('pi_m2')).contact_id).toBe(kept.id);
  await pay('pi_m3', { metadata: { fairlead_contact_id: merged.id } });
  expect((await find('pi_m3')).contact_id).toBe(kept.id);
});

test('the timeline of a deal and a company has their payments', async () => {
  const { json: company } = await s.ask('POST', '/api/v1/companies', { body: { name: 'Acme' } });
  const { json: deal } = await s.ask('POST', '/api/v1/deals', {
    body: { name: 'Deal', company_id: company.id },
  });
  await pay('pi_t1', { metadata: { fairlead_deal_id: deal.id } });
  const payment = await find('pi_t1');
  expect(payment.deal_id).toBe(deal.id);
  await s.ask('PATCH', `/api/v1/payments/${payment.id}`, { body: { company_id: company.id } });
  for (const id of [deal.id, company.id]) {
    const { json } = await s.ask('GET', `/api/v1/activities/${id}`);
    expect(json.data.map(({ type }: { type: string }) => type)).toContain('payment.received');
  }
  const withoutPayments = await s.person(['activities:read', 'deals:read']);
  const { json } = await s.ask('GET', `/api/v1/activities/${deal.id}`, { as: withoutPayments });
  expect(json.data.map(({ type }: { type: string }) => type)).toEqual(['deal.created']);
});

test('Erasure: the erasure of a contact ends what its payments say about the person, and keeps the amounts', async () => {
  const wilma = await contact('wilhelmina@s.example');
  await send('charge.succeeded', {
    ...charge('ch_w1', 'pi_w1', 1000, 'eur', {
      customer: 'cus_w',
      billing_details: { email: 'wilhelmina@s.example', name: 'Wilhelmina W', phone: null },
    }),
  });
  await send('checkout.session.completed', {
    id: 'cs_w1',
    customer: 'cus_w',
    payment_intent: 'pi_w1',
    customer_details: { email: 'wilhelmina@s.example', name: 'Wilhelmina W', phone: '+442079460018' },
  });
  await send('customer.created', customer('cus_w', 'wilhelmina@s.example', 'Wilhelmina W'));
  const { id } = await find('pi_w1');
  await s.ask('DELETE', `/api/v1/contacts/${wilma.id}`);
  await s.ask('POST', `/api/v1/contacts/${wilma.id}/erase`);
  const eraser = eraserOfAll({ db: s.db, log: silent });
  await expect.poll(() => eraser.pass(new AbortController().signal), { timeout: 10_000 }).toBeGreaterThan(0);
  expect((await s.ask('GET', `/api/v1/payments/${id}`)).json).toMatchObject({
    amount: 10,
    status: 'received',
    customer_email: null,
    customer_name: null,
  });
  // The search indexes the payments again, shortly after.
  await expect.poll(() => tablesWith('wilhelmina')).toEqual([]);

  // What is reported later is not kept either, but for the log of the connection.
  await send('charge.updated', {
    ...charge('ch_w1', 'pi_w1', 1000, 'eur', {
      customer: 'cus_w',
      billing_details: { email: 'wilhelmina@s.example', name: 'Wilhelmina W', phone: null },
    }),
  });
  expect(await tablesWith('wilhelmina')).toEqual(['connection_event']);
});

async function tablesWith(text: string): Promise<string[]> {
  const { rows } = await s.db.pool.query<{ name: string }>(
    `select table_name as name from information_schema.tables t
     where table_schema = 'public' and table_type = 'BASE TABLE'
       and not exists (select from pg_inherits i where i.inhrelid = format('%I', t.table_name)::regclass)`,
  );
  const found: string[] = [];
  for (const { name } of rows) {
    const counted = await s.db.pool.query<{ count: number }>(
      `select count(*)::int as count from "${name}" t where t::text ilike $1`,
      [`%${text}%`],
    );
    if (counted.rows[0]!.count > 0) found.push(name);
  }
  return found;
}

test('the same ids in another workspace are another payment', async () => {
  const made = await s.ask('POST', '/api/v1/connections', {
    as: s.charlie,
    body: PAYMENT_CONNECTIONS.stripe,
  });
  const other = s.url + new URL(made.json.urls[0].url).pathname;
  await pay('pi_x1');
  const event = stripeEvent('x1', 'payment_intent.succeeded', T, {
    ...paymentIntent('pi_x1', 500, 'usd', { amount_received: 500, status: 'succeeded' }),
  });
  await sendEvent(other, { provider: 'stripe', type: event.type, text: JSON.stringify(event) });
  const { json } = await s.ask('GET', '/api/v1/payments?external_id=pi_x1', { as: s.charlie });
  expect(json.data).toMatchObject([{ amount: 5, currency: 'USD' }]);
  expect(await find('pi_x1')).toMatchObject({ amount: 10, currency: 'EUR' });
});
