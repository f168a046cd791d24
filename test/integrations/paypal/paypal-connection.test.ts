import { createHmac, timingSafeEqual } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NEEDS_WEBHOOK_ID } from '../../../src/integrations/paypal/paypal-verification.ts';
import { makeCertificate } from '../../kit/certificate.ts';
import { eventsOf, PAYMENT_CONNECTIONS, sendUntilAccepted } from '../../kit/payment-sender.ts';
import { paypalHeaders, type PaypalSigning } from '../../kit/paypal.ts';
import {
  capture,
  captureRefund,
  order,
  PAYER,
  paypalEvent,
  subscription,
  usd,
  type PaypalBody,
} from '../../kit/paypal-events.ts';
import { until } from '../../kit/process.ts';
import { startReceiver, type Received, type Receiver } from '../../kit/receiver.ts';
import { STRIPE_CASES } from '../../kit/stripe-cases.ts';
import { startScenario, type Person, type Reply, type Scenario } from '../../kit/scenario.ts';

const WEBHOOK_ID = '1JE4291016473214C';
const PATH = '/api/v1/connections';
const certificate = makeCertificate({ subject: 'messageverificationcerts.paypal.com' });

let s: Scenario;
beforeAll(async () => {
  s = await startScenario();
});
afterAll(() => s.stop());

interface Made {
  id: string;
  url: string;
}

async function connect(settings: object = {}, as: Person = s.alice): Promise<Made> {
  const body = { kind: 'paypal', name: 'PayPal', settings: { certificate: certificate.pem, ...settings } };
  const reply = await s.ask('POST', PATH, { as, body });
  expect(reply.status, reply.text).toBe(201);
  return { id: reply.json.id, url: reply.json.urls[0].url };
}

/** Sends an event as PayPal does. */
async function send(url: string, event: PaypalBody, signing: Partial<PaypalSigning> = {}): Promise<Reply> {
  const raw = JSON.stringify(event);
  const headers = paypalHeaders({ body: raw, webhookId: WEBHOOK_ID, certificate, ...signing });
  return s.ask('POST', url, { as: null, raw, headers });
}

const log = async ({ id }: Made) => (await s.ask('GET', `${PATH}/${id}/events`)).json.data;
const state = async ({ id }: Made) => (await s.ask('GET', `${PATH}/${id}`)).json;

describe('a connection of the kind paypal', () => {
  test('says that the webhook ID is missing, and accepts events once it is set', async () => {
    const made = await connect();
    expect(made.url).toBe(`${s.url}/webhooks/paypal/${made.id}`);
    const tested = await s.ask('POST', `${PATH}/${made.id}/test`);
    expect(tested.json).toEqual({ ok: false, message: NEEDS_WEBHOOK_ID });
    const event = paypalEvent(
      'first',
      'PAYMENT.CAPTURE.COMPLETED',
      '2026-06-01T10:00:00Z',
      capture('CAPF', usd('1.00')),
    );
    expect((await send(made.url, event)).status).toBe(401);
    await until(async () => (await state(made)).last_error === NEEDS_WEBHOOK_ID);
    expect(await state(made)).toMatchObject({ state: 'failing', last_error: NEEDS_WEBHOOK_ID });

    const changed = await s.ask('PATCH', `${PATH}/${made.id}`, {
      body: { settings: { webhook_id: ` ${WEBHOOK_ID} ` } },
    });
    expect(changed.status, changed.text).toBe(200);
    expect((await s.ask('POST', `${PATH}/${made.id}/test`)).json.ok).toBe(true);
    // PayPal sends it again.
    const reply = await send(made.url, event);
    expect(reply.status, reply.text).toBe(200);
    expect(await state(made)).toMatchObject({ state: 'active', last_error: null });
    const [entry] = await log(made);
    expect(entry).toMatchObject({
      outcome: 'accepted',
      type: 'PAYMENT.CAPTURE.COMPLETED',
      external_id: event.id,
      record: { type: 'payment' },
    });
    const record = await s.ask('GET', `/api/v1/payments/${entry.record.id}`);
    expect(record.json).toMatchObject({ amount: 1, currency: 'USD', status: 'received', provider: 'paypal' });
  });

  test('applies an event once, and ignores those that are not about payments', async () => {
    const made = await connect({ webhook_id: WEBHOOK_ID });
    const event = paypalEvent(
      'once',
      'PAYMENT.CAPTURE.COMPLETED',
      '2026-06-01T10:00:00Z',
      capture('CAPO', usd('2.00')),
    );
    expect((await send(made.url, event)).status).toBe(200);
    await s.newEvents();
    expect((await send(made.url, event)).json).toEqual({ status: 'duplicate' });
    expect(
      (await send(made.url, paypalEvent('token', 'VAULT.PAYMENT-TOKEN.CREATED', '2026-06-01T10:00:00Z', {})))
        .json,
    ).toEqual({
      status: 'ignored',
    });
    expect(await s.newEvents()).toEqual([]);
    expect((await log(made)).map(({ outcome }: { outcome: string }) => outcome)).toEqual([
      'ignored',
      'duplicate',
      'accepted',
    ]);
  });

  test.each<[string, Partial<PaypalSigning>, string]>([
    ['of another webhook', { webhookId: '8PT597110X687430L' }, 'does not match'],
    ['of the simulator', { webhookId: 'WEBHOOK_ID' }, 'A mock event'],
    ['of another key', { certificate: makeCertificate({ subject: 'evil.example' }) }, 'does not match'],
    ['with SHA-1', { algorithm: 'SHA1withRSA' }, 'PAYPAL-AUTH-ALGO'],
    ['that is old', { time: new Date(Date.now() - 5 * 86_400_000).toISOString() }, 'more than 4 days ago'],
  ])('refuses an event %s, and says why', async (_name, signing, reason) => {
    const made = await connect({ webhook_id: WEBHOOK_ID });
    const event = paypalEvent(
      'bad',
      'PAYMENT.CAPTURE.COMPLETED',
      '2026-06-01T10:00:00Z',
      capture('CAPB', usd('2.00')),
    );
    expect((await send(made.url, event, signing)).status).toBe(401);
    await until(async () => String((await state(made)).last_error).includes(reason));
    expect((await s.ask('GET', '/api/v1/payments?q=CAPB')).json.data).toEqual([]);
  });

  test('without a certificate, and with one at another host, refuses and connects to nothing', async () => {
    const made = await connect({ webhook_id: WEBHOOK_ID, certificate: undefined });
    const certificateUrl = 'https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1';
    const event = paypalEvent(
      'evil',
      'PAYMENT.CAPTURE.COMPLETED',
      '2026-06-01T10:00:00Z',
      capture('CAPE', usd('2.00')),
    );
    expect((await send(made.url, event, { certificateUrl })).status).toBe(401);
    await until(async () => String((await state(made)).last_error).includes('must be at api.paypal.com'));
  });

  test('answers a malformed event with the name of its field', async () => {
    const made = await connect({ webhook_id: WEBHOOK_ID });
    const event = paypalEvent(
      'bad',
      'PAYMENT.CAPTURE.COMPLETED',
      '2026-06-01T10:00:00Z',
      capture('CAPB', usd('0.001')),
    );
    const reply = await send(made.url, event);
    expect(reply.status).toBe(400);
    expect(reply.json.error.fields).toEqual([
      { field: 'resource.amount.value', message: 'must have at most 2 decimals in USD' },
    ]);
    expect((await log(made))[0]).toMatchObject({ outcome: 'refused', external_id: event.id });
  });

  test.each([
    [{ webhook_id: 'https://example.com' }, 'settings.webhook_id'],
    [{ certificate: 'PAYPAL' }, 'settings.certificate'],
    [{ mode: 'test' }, 'settings.mode'],
  ])('does not accept the settings %j', async (settings, field) => {
    const body = { kind: 'paypal', name: 'PayPal', settings };
    const reply = await s.ask('POST', PATH, { body });
    expect(reply.status).toBe(400);
    expect(reply.json.error.fields[0].field).toBe(field);
  });
});

/** A receiver written from AutomateNexus's document. */
describe('a receiver of AutomateNexus', () => {
  const secret = 'whsec_of_the_receiver';
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await startReceiver();
    const body = {
      name: 'Bookkeeping',
      url: receiver.url,
      events: [
        'payment.received',
        'payment.failed',
        'payment.refunded',
        'subscription.created',
        'subscription.canceled',
      ],
      format: 'automatenexus',
      secret,
    };
    const reply = await s.ask('POST', '/api/v1/webhooks', { body });
    if (reply.status !== 201) throw new Error(reply.text);
  });
  afterAll(() => receiver.close());

  /** "Computing the HMAC-SHA256 hash of the raw request body using your signing secret", and the five payload fields. */
  function read({ rawBody, headers }: Received) {
    const made = createHmac('sha256', secret).update(rawBody).digest();
    const sent = Buffer.from(String(headers['x-automatenexus-signature']), 'hex');
    if (sent.length !== made.length || !timingSafeEqual(sent, made)) throw new Error('not from the CRM');
    const {
      event,
      timestamp,
      webhook_id: webhookId,
      account_id: accountId,
      data,
    } = JSON.parse(rawBody.toString());
    if (Number.isNaN(Date.parse(timestamp)) || !webhookId || !accountId) throw new Error('not as documented');
    return { event, data };
  }

  test('gets payments, refunds and subscriptions from real events of PayPal', async () => {
    const { url } = await connect({ webhook_id: WEBHOOK_ID });
    const ordered = { supplementary_data: { related_ids: { order_id: 'ORDN' } } };
    const events = [
      paypalEvent('n1', 'CHECKOUT.ORDER.APPROVED', '2026-06-01T10:00:00Z', order('ORDN', ['CAPN'])),
      paypalEvent(
        'n2',
        'PAYMENT.CAPTURE.COMPLETED',
        '2026-06-01T10:00:01Z',
        capture('CAPN', usd('25.50'), ordered),
      ),
      paypalEvent(
        'n3',
        'PAYMENT.CAPTURE.REFUNDED',
        '2026-06-02T10:00:00Z',
        captureRefund('REFN', 'CAPN', usd('5.50')),
      ),
      paypalEvent('n4', 'PAYMENT.CAPTURE.DENIED', '2026-06-02T10:00:00Z', capture('CAPD', usd('3.00'))),
      paypalEvent(
        'n5',
        'BILLING.SUBSCRIPTION.ACTIVATED',
        '2026-06-01T10:00:00Z',
        subscription('I-N', 'ACTIVE'),
      ),
      paypalEvent(
        'n6',
        'BILLING.SUBSCRIPTION.CANCELLED',
        '2026-06-03T10:00:00Z',
        subscription('I-N', 'CANCELLED'),
      ),
    ];
    for (const event of events) {
      const reply = await send(url, event);
      expect(reply.status, reply.text).toBe(200);
    }
    const received = (await receiver.waitFor(5)).map(read);
    const dataOf = (name: string) => received.filter(({ event }) => event === name).map(({ data }) => data);
    expect(received.map(({ event }) => String(event)).toSorted()).toEqual([
      'payment.failed',
      'payment.received',
      'payment.refunded',
      'subscription.canceled',
      'subscription.created',
    ]);
    expect(dataOf('payment.received')).toEqual([
      expect.objectContaining({
        amount: 25.5,
        currency: 'USD',
        status: 'received',
        provider: 'paypal',
        provider_payment_id: 'CAPN',
        contact: { id: expect.any(String), email: PAYER.email_address, name: 'Jane Doe' },
      }),
    ]);
    expect(dataOf('payment.refunded')).toEqual([
      expect.objectContaining({
        status: 'partially_refunded',
        provider_payment_id: 'CAPN',
        refund: expect.objectContaining({ amount: 5.5, total: 5.5, full: false, reversal: false }),
      }),
    ]);
    expect(dataOf('payment.failed')).toEqual([expect.objectContaining({ amount: 3, status: 'failed' })]);
    expect(dataOf('subscription.canceled')).toEqual([
      expect.objectContaining({ status: 'canceled', provider_subscription_id: 'I-N' }),
    ]);
  });

  test('gets the same from real events of Stripe', async () => {
    receiver.received.length = 0;
    const { json } = await s.ask('POST', PATH, { body: PAYMENT_CONNECTIONS.stripe });
    const url = `${s.url}${new URL(json.urls[0].url).pathname}`;
    const names = new Set(['fail, then pay', 'a refund that fails', 'a subscription that is never paid']);
    const cases = STRIPE_CASES.filter(({ name }) => names.has(name));
    for (const [n, item] of cases.entries())
      for (const event of eventsOf(item, `an${n}`)) await sendUntilAccepted(url, event);
    const fired = cases.flatMap(({ fires }) => fires.map((line) => line.split(' ')[0]!));
    const received = (await receiver.waitFor(fired.length)).map(read);
    expect(received.map(({ event }) => String(event)).toSorted()).toEqual(fired.toSorted());
    expect(new Set(fired).size).toBe(5);
    const refunded = received.find(({ event }) => event === 'payment.refunded')!;
    expect(refunded.data).toMatchObject({ provider: 'stripe', amount: 5000, currency: 'ISK' });
  });
});
