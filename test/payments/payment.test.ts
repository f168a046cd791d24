import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SCOPES } from '../../src/catalogue.ts';
import { startScenario, type Person, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
});
afterAll(() => s.stop());
beforeEach(() => s.newEvents());

const PATH = '/api/v1/payments';
const record = async (body: object, path = PATH) => {
  const reply = await s.ask('POST', path, { body });
  expect(reply.status, reply.text).toBe(201);
  return reply.json;
};
const contact = (email: string, more: object = {}) =>
  record({ first_name: 'Jane', email, ...more }, '/api/v1/contacts');
const totals = async (path: string) => (await s.ask('GET', `/api/v1/${path}`)).json.payment_totals;

describe('PM3: payments by hand', () => {
  test('are received at once, unless another status is sent', async () => {
    const made = await record({ amount: 120.5, currency: 'eur', provider: 'manual', external_id: 'T-1' });
    expect(made).toMatchObject({
      provider: 'manual',
      status: 'received',
      amount: 120.5,
      amount_received: 120.5,
      amount_refunded: 0,
      currency: 'EUR',
      paid_at: made.created_at,
    });
    expect(await s.newEvents()).toEqual(['payment.created', 'payment.received']);
  });

  test('a pending one is received later, once', async () => {
    const { id } = await record({ amount: 50, status: 'pending' });
    expect(await s.newEvents()).toEqual(['payment.created']);
    const received = await s.ask('PATCH', `${PATH}/${id}`, { body: { status: 'received' } });
    expect(received.json).toMatchObject({ status: 'received', amount_received: 50 });
    expect(await s.newEvents()).toEqual(['payment.received']);
    const back = await s.ask('PATCH', `${PATH}/${id}`, { body: { status: 'pending' } });
    expect(back.status).toBe(400);
    expect(back.json.error.fields).toMatchObject([{ field: 'status' }]);
  });

  test('one that failed fires payment.failed, and may be received after all', async () => {
    const { id } = await record({ amount: 50, status: 'failed' });
    expect(await s.newEvents()).toEqual(['payment.created', 'payment.failed']);
    await s.ask('PATCH', `${PATH}/${id}`, { body: { status: 'received' } });
    expect(await s.newEvents()).toEqual(['payment.received']);
  });

  test.each([
    [{ amount: 10, provider: 'stripe' }, 'provider'],
    [{ amount: 10, status: 'refunded' }, 'status'],
    [{ amount: 10.5, currency: 'JPY' }, 'amount'],
    [{ amount: 1.234, currency: 'EUR' }, 'amount'],
    [{ amount: 1.2345, currency: 'KWD' }, 'amount'],
    [{ amount: 0 }, 'amount'],
    [{ amount: 10, currency: 'XYZ' }, 'currency'],
    [{}, 'amount'],
  ])('%j is refused', async (body, field) => {
    const reply = await s.ask('POST', PATH, { body });
    expect(reply.status).toBe(400);
    expect(reply.json.error.fields).toMatchObject([{ field }]);
  });

  test('currencies without minor units and with three keep their amounts', async () => {
    expect(await record({ amount: 5000, currency: 'JPY' })).toMatchObject({ amount: 5000 });
    expect(await record({ amount: 1.234, currency: 'KWD' })).toMatchObject({ amount: 1.234 });
  });

  test('the amount is fixed', async () => {
    const made = await record({ amount: 20 });
    const changed = await s.ask('PATCH', `${PATH}/${made.id}`, { body: { amount: 30 } });
    expect(changed.status).toBe(400);
    const same = await s.ask('PATCH', `${PATH}/${made.id}`, { body: { ...made, description: 'Workshop' } });
    expect(same.json, same.text).toMatchObject({ amount: 20, description: 'Workshop' });
  });
});

describe('PM3: refunds by hand', () => {
  const refund = (id: string, body: object, headers = {}) =>
    s.ask('POST', `${PATH}/${id}/refunds`, { body, headers });

  test('in parts, up to the amount', async () => {
    const { id } = await record({ amount: 0.3, currency: 'EUR' });
    await s.newEvents();
    const first = await refund(id, { amount: 0.1, reason: 'Too dear' });
    expect(first.status, first.text).toBe(201);
    expect(first.json).toMatchObject({
      payment_id: id,
      amount: 0.1,
      currency: 'EUR',
      status: 'succeeded',
      reason: 'Too dear',
    });
    expect((await refund(id, { amount: 0.1 })).status).toBe(201);
    expect((await s.ask('GET', `${PATH}/${id}`)).json).toMatchObject({
      status: 'partially_refunded',
      amount_refunded: 0.2,
      last_refund_amount: 0.1,
    });
    const tooMuch = await refund(id, { amount: 0.11 });
    expect(tooMuch.json.error.fields).toEqual([{ field: 'amount', message: 'must be at most 0.10' }]);
    expect((await refund(id, {})).json).toMatchObject({ amount: 0.1 });
    expect((await s.ask('GET', `${PATH}/${id}`)).json).toMatchObject({
      status: 'refunded',
      amount_refunded: 0.3,
    });
    expect((await refund(id, {})).status).toBe(409);
    expect(await s.newEvents()).toEqual(Array.from({ length: 3 }, () => 'payment.refunded'));
    const { json } = await s.ask('GET', `${PATH}/${id}/refunds`);
    expect(json.data.map(({ amount }: { amount: number }) => amount)).toEqual([0.1, 0.1, 0.1]);
  });

  test('two at once do not take more than there is', async () => {
    const { id } = await record({ amount: 10 });
    const replies = await Promise.all(Array.from({ length: 4 }, () => refund(id, { amount: 6 })));
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 400, 400, 400]);
  });

  test('a repeated request with an Idempotency-Key refunds once', async () => {
    const { id } = await record({ amount: 10 });
    const key = { 'idempotency-key': 'refund-1' };
    const [first, again] = [await refund(id, { amount: 4 }, key), await refund(id, { amount: 4 }, key)];
    expect(again.json).toEqual(first.json);
    expect((await s.ask('GET', `${PATH}/${id}`)).json.amount_refunded).toBe(4);
  });

  test('of a payment that is not received there are none', async () => {
    const { id } = await record({ amount: 10, status: 'pending' });
    expect((await refund(id, { amount: 4 })).status).toBe(409);
    expect((await refund('01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21', {})).status).toBe(404);
  });
});

describe('PM4: totals', () => {
  test('per currency on contact, company and deal, and never added', async () => {
    const company = await record({ name: 'Acme' }, '/api/v1/companies');
    const { id: contactId } = await contact('totals@example.com', { company_id: company.id });
    const deal = await record({ name: 'Deal' }, '/api/v1/deals');
    const linked = { contact_id: contactId, deal_id: deal.id };
    await record({ amount: 0.1, currency: 'EUR', ...linked });
    const { id } = await record({ amount: 0.2, currency: 'EUR', ...linked });
    await record({ amount: 700, currency: 'JPY', ...linked });
    await record({ amount: 99, currency: 'EUR', status: 'pending', ...linked });
    await s.ask('POST', `${PATH}/${id}/refunds`, { body: { amount: 0.05 } });
    const expected = [
      { currency: 'EUR', received: 0.3, refunded: 0.05 },
      { currency: 'JPY', received: 700, refunded: 0 },
    ];
    expect(await totals(`contacts/${contactId}`)).toEqual(expected);
    expect(await totals(`companies/${company.id}`)).toEqual(expected);
    expect(await totals(`deals/${deal.id}`)).toEqual(expected);
    const listed = await s.ask('GET', '/api/v1/contacts?email=totals@example.com&fields=id,payment_totals');
    expect(listed.json.data).toEqual([{ id: contactId, payment_totals: expected }]);
    const reader = await s.person(['contacts:read']);
    expect(
      (await s.ask('GET', `/api/v1/contacts/${contactId}`, { as: reader })).json.payment_totals,
    ).toBeUndefined();
  });

  test('a merge moves payments and subscriptions', async () => {
    const [kept, merged] = [await contact('kept@example.com'), await contact('merged@example.com')];
    const made = await record({ amount: 10, currency: 'EUR', contact_id: merged.id });
    const subscription = await record({ plan_name: 'Gold', contact_id: merged.id }, '/api/v1/subscriptions');
    await s.ask('POST', `/api/v1/contacts/${kept.id}/merge`, { body: { with: [merged.id] } });
    expect((await s.ask('GET', `${PATH}/${made.id}`)).json.contact_id).toBe(kept.id);
    expect((await s.ask('GET', `/api/v1/subscriptions/${subscription.id}`)).json.contact_id).toBe(kept.id);
    expect(await totals(`contacts/${kept.id}`)).toEqual([{ currency: 'EUR', received: 10, refunded: 0 }]);
  });

  test('the timeline of a contact has its payments', async () => {
    const { id } = await contact('timeline@example.com');
    await record({ amount: 10, contact_id: id });
    const { json } = await s.ask('GET', `/api/v1/activities/${id}`);
    expect(json.data.map(({ type }: { type: string }) => type)).toEqual([
      'payment.received',
      'payment.created',
      'contact.created',
    ]);
  });
});

describe('subscriptions by hand', () => {
  test('are created and canceled, each with its event', async () => {
    const made = await record(
      { plan_name: 'Gold', amount: 100, currency: 'EUR', interval: 'year' },
      '/api/v1/subscriptions',
    );
    expect(await s.newEvents()).toEqual(['subscription.created']);
    const canceled = await s.ask('PATCH', `/api/v1/subscriptions/${made.id}`, {
      body: { status: 'canceled', cancel_reason: 'too dear' },
    });
    expect(canceled.json).toMatchObject({ status: 'canceled', cancel_reason: 'too dear' });
    expect(canceled.json.ended_at).toEqual(canceled.json.canceled_at);
    expect(await s.newEvents()).toEqual(['subscription.canceled']);
  });

  test('recurring revenue is per currency and month', async () => {
    const { json: before } = await s.ask('GET', `${PATH}/summary`);
    expect(before).toMatchObject({ past_due: 0 });
    const add = (body: object) => record({ currency: 'CHF', ...body }, '/api/v1/subscriptions');
    await add({ amount: 120, interval: 'year' });
    await add({ amount: 20, interval: 'month' });
    await add({ amount: 30, interval: 'month', interval_count: 3 });
    await add({ amount: 1000, interval: 'month', status: 'trialing' });
    await add({ amount: 5, interval: 'month', status: 'past_due' });
    const { json } = await s.ask('GET', `${PATH}/summary`);
    expect(json.recurring.find(({ currency }: { currency: string }) => currency === 'CHF')).toEqual({
      currency: 'CHF',
      monthly: 45,
      yearly: 540,
      subscriptions: 4,
    });
    expect(json.past_due).toBe(1);
  });
});

test('a summary until the year 1 begins with it', async () => {
  const { status, json } = await s.ask('GET', `${PATH}/summary?to=0001-01-01T00:00:00Z`);
  expect(status).toBe(200);
  expect(json).toMatchObject({ from: '0001-01-01T00:00:00.000Z', received: [] });
});

describe('who may see payments', () => {
  let reader: Person;
  beforeAll(async () => {
    reader = await s.person(['payments:read']);
  });

  test('each route takes its scope, and no other workspace has them', async () => {
    const { id } = await record({ amount: 10 });
    for (const path of ['', `/${id}`, `/${id}/refunds`, `/${id}/disputes`, '/summary'])
      expect((await s.ask('GET', `${PATH}${path}`, { as: reader })).status, path).toBe(200);
    for (const path of ['', `/${id}`, `/${id}/refunds`, `/${id}/disputes`, '/summary'])
      expect((await s.ask('GET', `${PATH}${path}`, { as: s.bob })).status, path).toBe(403);
    expect((await s.ask('POST', `${PATH}/${id}/refunds`, { as: reader, body: {} })).status).toBe(403);
    for (const path of [`/${id}`, `/${id}/refunds`, `/${id}/disputes`])
      expect((await s.ask('GET', `${PATH}${path}`, { as: s.charlie })).status, path).toBe(404);
    expect((await s.ask('POST', `${PATH}/${id}/refunds`, { as: s.charlie, body: {} })).status).toBe(404);
    const other = await contact('charlies@example.com');
    const foreign = await s.ask('POST', PATH, { as: s.charlie, body: { amount: 1, contact_id: other.id } });
    expect(foreign.status).toBe(400);
  });

  test('a member has neither payments nor subscriptions, a manager has both', () => {
    const ofRole = (role: 'member' | 'manager') =>
      SCOPES.ofRole(role).filter((name) => /^(payments|subscriptions):/.test(name));
    expect(ofRole('member')).toEqual([]);
    expect(ofRole('manager').toSorted()).toEqual([
      'payments:read',
      'payments:write',
      'subscriptions:read',
      'subscriptions:write',
    ]);
  });
});
