import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Stripe } from 'stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { secondServer, startScenario, type Scenario } from '../../kit/scenario.ts';
import {
  charge,
  invoice,
  ofSubscription,
  paymentIntent,
  stripeEvent,
  stripeSubscription,
} from '../../kit/stripe-events.ts';

const SECRET = 'whsec_inTestModeof_connections';
const T = 1_780_000_000;
const signer = new Stripe('sk_inTestModenone');

let s: Scenario;
let api: Server;
let apiUrl: string;
/** What the fake of Stripe's API answers, by path; and the requests that it got. */
const objects = new Map<string, object>();
const requests: { url: string; key: string | undefined }[] = [];

beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
  api = createServer(({ url, headers }, response) => {
    requests.push({ url: url!, key: headers.authorization });
    const found = objects.get(url!);
    response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(found ?? { error: { message: 'No such object' } }));
  });
  await new Promise<void>((done) => api.listen(0, '127.0.0.1', done));
  apiUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await new Promise((done) => api.close(done));
  await s.stop();
});
beforeEach(() => s.newEvents());

interface Made {
  id: string;
  url: string;
}

async function connect(more: object = {}): Promise<Made> {
  const body = { kind: 'stripe', name: 'Shop', secrets: { webhook_secret: SECRET }, ...more };
  const reply = await s.ask('POST', '/api/v1/connections', { body });
  expect(reply.status, reply.text).toBe(201);
  return { id: reply.json.id, url: new URL(reply.json.urls[0].url).pathname };
}

function send(to: Made, event: object, { secret = SECRET, timestamp = Math.floor(Date.now() / 1000) } = {}) {
  const raw = JSON.stringify(event, null, 2);
  const header = signer.webhooks.generateTestHeaderString({ payload: raw, secret, timestamp });
  return s.ask('POST', to.url, { as: null, raw, headers: { 'stripe-signature': header } });
}

const log = async ({ id }: Made) => (await s.ask('GET', `/api/v1/connections/${id}/events`)).json.data;
const find = async (externalId: string, plural = 'payments') =>
  (await s.ask('GET', `/api/v1/${plural}?external_id=${externalId}`)).json.data[0];
const paid = (n: string, more: object = {}) =>
  stripeEvent(n, 'payment_intent.succeeded', T, {
    ...paymentIntent(`pi_${n}`, 1999, 'eur', { amount_received: 1999, status: 'succeeded' }),
    ...more,
  });

describe('PM1: a connection to Stripe', () => {
  test('records a signed payment and says in the log which one', async () => {
    const made = await connect();
    const reply = await send(made, paid('a1', { receipt_email: 'ada@example.com' }));
    expect(reply.json, reply.text).toEqual({ status: 'accepted' });
    const payment = await find('pi_a1');
    expect(payment).toMatchObject({
      provider: 'stripe',
      connection_id: made.id,
      status: 'received',
      amount: 19.99,
      currency: 'EUR',
      customer_email: 'ada@example.com',
      matched_by: 'created',
    });
    expect(await s.newEvents()).toEqual(['contact.created', 'payment.created', 'payment.received']);
    const [entry] = await log(made);
    expect(entry).toMatchObject({
      outcome: 'accepted',
      type: 'payment_intent.succeeded',
      external_id: 'evt_a1',
      record: { type: 'payment', id: payment.id },
    });
    const contact = (await s.ask('GET', `/api/v1/contacts/${payment.contact_id}`)).json;
    expect(contact).toMatchObject({
      email: 'ada@example.com',
      status: 'customer',
      source: 'stripe',
      payment_totals: [{ currency: 'EUR', received: 19.99, refunded: 0 }],
    });
  });

  test('answers a retry, and changes nothing', async () => {
    const made = await connect();
    await send(made, paid('a2'));
    await s.newEvents();
    expect((await send(made, paid('a2'))).json).toEqual({ status: 'duplicate' });
    expect(await s.newEvents()).toEqual([]);
    expect((await log(made))[0]).toMatchObject({ outcome: 'duplicate', external_id: 'evt_a2' });
  });

  test.each([
    ['another secret', { secret: 'whsec_other' }, 'no_signature_matches'],
    [
      'a signature of ten minutes ago',
      { timestamp: Math.floor(Date.now() / 1000) - 600 },
      'timestamp_outside_tolerance',
    ],
  ])('refuses %s, and the connection says why', async (_case, how, reason) => {
    const made = await connect();
    expect((await send(made, paid('a3'), how)).status).toBe(401);
    await expect
      .poll(async () => (await s.ask('GET', `/api/v1/connections/${made.id}`)).json.last_error)
      .toMatch(reason);
    expect(await find('pi_a3')).toBeUndefined();
  });

  test('ignores events of the other mode', async () => {
    const made = await connect();
    expect((await send(made, { ...paid('a4'), livemode: false })).json).toEqual({ status: 'ignored' });
    expect((await log(made))[0]).toMatchObject({
      outcome: 'ignored',
      reason: expect.stringMatching(/^mode:/),
    });
    const inTestMode = await connect({ settings: { mode: 'test' } });
    expect((await send(inTestMode, { ...paid('a5'), livemode: false })).json).toEqual({ status: 'accepted' });
    expect((await send(inTestMode, paid('a6'))).json).toEqual({ status: 'ignored' });
  });

  test('ignores events that say nothing about payments, with the reason', async () => {
    const made = await connect();
    expect((await send(made, stripeEvent('a7', 'payout.paid', T, { id: 'po_1' }))).json).toEqual({
      status: 'ignored',
    });
    expect((await log(made))[0].reason).toMatch('payout.paid');
  });

  test('accepts the secrets before and after a rotation at Stripe', async () => {
    const made = await connect();
    const rotated = await s.ask('POST', `/api/v1/connections/${made.id}/rotate-secret`, {
      body: { name: 'webhook_secret', secret: 'whsec_next' },
    });
    expect(rotated.status, rotated.text).toBe(200);
    expect((await send(made, paid('a8'))).status).toBe(200);
    expect((await send(made, paid('a9'), { secret: 'whsec_next' })).status).toBe(200);
  });

  test('takes an invoice of 900 kB', async () => {
    const made = await connect();
    const lines = Array.from({ length: 900 }, (_, n) => ({
      id: `il_${n}`,
      description: 'x'.repeat(700),
      period: { start: T, end: T },
      amount: 1,
      price: { id: `price_${n}`, nickname: null, currency: 'eur' },
    }));
    const event = stripeEvent('a10', 'invoice.paid', T, {
      ...invoice('in_a10', 'cus_a10', 900, 'eur', ofSubscription('sub_a10')),
      lines: { data: lines },
    });
    expect(JSON.stringify(event, null, 2).length).toBeGreaterThan(900_000);
    expect((await send(made, event)).json).toEqual({ status: 'accepted' });
  });

  test('two servers that get one event at once apply it once', async () => {
    const made = await connect();
    const second = await secondServer(s);
    const urls = [made.url, second.url + made.url];
    const replies = await Promise.all(
      Array.from({ length: 6 }, (_, n) => send({ ...made, url: urls[n % 2]! }, paid('a11'))),
    );
    await second.stop();
    expect(replies.map(({ json }) => String(json.status)).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      'accepted',
      ...Array.from({ length: 5 }, () => 'duplicate'),
    ]);
    expect((await s.newEvents()).filter((type) => type === 'payment.received')).toHaveLength(1);
  });
});

describe('both shapes of the API', () => {
  test('before 2025-03-31: the invoice names its payment and its subscription', async () => {
    const made = await connect();
    await send(
      made,
      stripeEvent('b0', 'customer.subscription.created', T, {
        ...stripeSubscription('sub_b1', 'cus_b1', 'active'),
        current_period_end: T + 86_400,
      }),
    );
    await send(
      made,
      stripeEvent('b2', 'invoice.paid', T, {
        ...invoice('in_b1', 'cus_b1', 2900, 'eur', {}),
        subscription: 'sub_b1',
        payment_intent: 'pi_b1',
        amount_paid: 2900,
      }),
    );
    await send(
      made,
      paid('b1', { amount: 2900, amount_received: 2900, customer: 'cus_b1', invoice: 'in_b1' }),
    );
    const subscription = await find('sub_b1', 'subscriptions');
    expect(subscription.current_period_end).toBe(new Date((T + 86_400) * 1000).toISOString());
    expect(await find('pi_b1')).toMatchObject({
      invoice_external_id: 'in_b1',
      subscription_id: subscription.id,
    });
    // The invoice is no payment of its own.
    expect(await find('in_b1')).toBeUndefined();
  });

  test('a thin event is fetched with the restricted key', async () => {
    const thin = {
      id: 'evt_thin1',
      object: 'v2.core.event',
      type: 'v1.payment_intent.succeeded',
      created: new Date(T * 1000).toISOString(),
      livemode: true,
      related_object: { id: 'pi_thin1', type: 'payment_intent', url: '/v1/payment_intents/pi_thin1' },
    };
    const without = await connect();
    expect((await send(without, thin)).json).toEqual({ status: 'ignored' });
    expect((await log(without))[0].reason).toMatch('Choose snapshot payloads');

    objects.set('/v1/payment_intents/pi_thin1', paid('thin1').data.object);
    const made = await connect({
      settings: { base_url: apiUrl },
      secrets: { webhook_secret: SECRET, api_key: 'rk_live_1' },
    });
    expect((await send(made, { ...thin, id: 'evt_thin2' })).json).toEqual({ status: 'accepted' });
    expect(requests.at(-1)).toEqual({ url: '/v1/payment_intents/pi_thin1', key: 'Bearer rk_live_1' });
    expect(await find('pi_thin1')).toMatchObject({ status: 'received', amount: 19.99 });
  });
});

describe('PM4: who paid', () => {
  test('is the contact that the metadata names, or who has the address; else nobody, if that is wanted', async () => {
    const made = await connect({ settings: { create_contact: false } });
    const { json: jane } = await s.ask('POST', '/api/v1/contacts', {
      body: { first_name: 'Jane', email: 'jane@c.example', phone: '+44 20 7946 0018' },
    });
    const matched = async (n: string, event: object) => {
      expect((await send(made, event)).json).toEqual({ status: 'accepted' });
      const { contact_id, matched_by } = await find(`pi_${n}`);
      return [contact_id, matched_by];
    };
    expect(await matched('c1', paid('c1', { metadata: { fairlead_contact_id: jane.id } }))).toEqual([
      jane.id,
      'reference',
    ]);
    expect(await matched('c2', paid('c2', { receipt_email: 'JANE@C.example' }))).toEqual([jane.id, 'email']);
    const byPhone = stripeEvent(
      'c3',
      'charge.succeeded',
      T,
      charge('ch_c3', 'pi_c3', 1999, 'eur', {
        billing_details: { email: null, name: 'J', phone: '+442079460018' },
      }),
    );
    expect(await matched('c3', byPhone)).toEqual([jane.id, 'phone']);
    expect(await matched('c4', paid('c4', { receipt_email: 'nobody@c.example' }))).toEqual([
      null,
      'unmatched',
    ]);
    const unmatched = await s.ask('GET', '/api/v1/payments?matched_by=unmatched');
    expect(unmatched.json.data.map((item: { external_id: string }) => item.external_id)).toContain('pi_c4');
    expect((await log(made))[0].reason).toBe('No contact was found.');
  });

  test('a lead with the address is linked', async () => {
    const made = await connect();
    const { json: lead } = await s.ask('POST', '/api/v1/leads', {
      body: { name: 'Lea', email: 'lea@c.example' },
      headers: { prefer: 'return=representation' },
    });
    await send(made, paid('c5', { receipt_email: 'lea@c.example' }));
    expect(await find('pi_c5')).toMatchObject({ lead_id: lead.id, contact_id: null, matched_by: 'lead' });
  });

  test('several contacts with one address: the oldest one, marked as ambiguous', async () => {
    const made = await connect();
    const first = await s.ask('POST', '/api/v1/contacts', {
      body: { email: 'twin@c.example', first_name: 'A' },
    });
    await s.ask('POST', '/api/v1/contacts', { body: { email: 'twin@c.example', first_name: 'B' } });
    await send(made, paid('c6', { receipt_email: 'twin@c.example' }));
    expect(await find('pi_c6')).toMatchObject({ contact_id: first.json.id, match_ambiguous: true });
  });

  test('a failed attempt makes no contact', async () => {
    const made = await connect();
    const event = stripeEvent('c7', 'payment_intent.payment_failed', T, {
      ...paymentIntent('pi_c7', 500, 'eur', { receipt_email: 'tester@c.example' }),
      last_payment_error: { code: 'card_declined', message: 'No.' },
    });
    await send(made, event);
    expect(await find('pi_c7')).toMatchObject({
      status: 'failed',
      contact_id: null,
      failure_code: 'card_declined',
    });
    expect(await s.newEvents()).toEqual(['payment.created', 'payment.failed']);
  });

  test('a refund that comes before its payment is known fires both, in order', async () => {
    const made = await connect();
    const event = stripeEvent('c8', 'charge.refunded', T, {
      ...charge('ch_c8', 'pi_c8', 1000, 'eur'),
      amount_refunded: 400,
    });
    await send(made, event);
    expect(await s.newEvents()).toEqual(['payment.created', 'payment.received', 'payment.refunded']);
    expect(await find('pi_c8')).toMatchObject({ status: 'partially_refunded', amount_refunded: 4 });
  });
});

describe('an event of the log', () => {
  const apply = (made: Made, id: string, as = s.alice) =>
    s.ask('POST', `/api/v1/connections/${made.id}/events/${id}/apply`, { as });

  test('can be applied again, which changes nothing if it was applied', async () => {
    const made = await connect();
    await send(made, paid('d1'));
    await s.newEvents();
    const [entry] = await log(made);
    const again = await apply(made, entry.id);
    expect(again.json, again.text).toEqual({ outcome: 'duplicate', reason: null, record: null });
    expect(await s.newEvents()).toEqual([]);
    expect((await log(made))[0]).toMatchObject({ outcome: 'duplicate', external_id: 'evt_d1' });
  });

  test('is applied where it was ignored for a setting that has changed', async () => {
    const made = await connect({ settings: { mode: 'test' } });
    await send(made, paid('d2'));
    const [entry] = await log(made);
    expect(entry.outcome).toBe('ignored');
    await s.ask('PATCH', `/api/v1/connections/${made.id}`, { body: { settings: { mode: 'live' } } });
    expect((await apply(made, entry.id)).json).toMatchObject({
      outcome: 'accepted',
      record: { type: 'payment' },
    });
    expect(await find('pi_d2')).toMatchObject({ status: 'received' });
  });

  test('is not applied if it was not verified, nor by others', async () => {
    const made = await connect();
    await send(made, paid('d3'), { secret: 'whsec_other' });
    await expect.poll(async () => (await log(made)).length).toBe(1);
    const [entry] = await log(made);
    expect((await apply(made, entry.id)).status).toBe(409);
    expect(await find('pi_d3')).toBeUndefined();
    expect((await apply(made, entry.id, s.charlie)).status).toBe(404);
    expect((await apply(made, entry.id, s.bob)).status).toBe(403);
  });

  test('is applied, and a provider is read, only by those who may write payments', async () => {
    const made = await connect({ settings: { mode: 'test' } });
    await send(made, paid('d4'));
    const [entry] = await log(made);
    await s.ask('PATCH', `/api/v1/connections/${made.id}`, { body: { settings: { mode: 'live' } } });
    const scopes = ['connections:read', 'connections:manage'];
    const manager = await s.person(scopes);
    const refused = await apply(made, entry.id, manager);
    expect([refused.status, refused.json.error.message]).toEqual([
      403,
      'This key lacks the scopes payments:write, subscriptions:write, contacts:write.',
    ]);
    const reading = { body: { connection_id: made.id }, as: manager };
    expect((await s.ask('POST', '/api/v1/payments/reconciliations', reading)).status).toBe(403);
    expect(await find('pi_d4')).toBeUndefined();
    const more = await s.person([...scopes, 'payments:write', 'subscriptions:write', 'contacts:write']);
    expect((await apply(made, entry.id, more)).json).toMatchObject({ outcome: 'accepted' });
  });
});
