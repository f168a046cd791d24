import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { MAX_WAIT_DAYS } from '../../src/events/outbox.ts';
import { maxDurationDays } from '../../src/delivery/worker/retry-delay.ts';
import { axcelerateFormat } from '../../src/integrations/axcelerate/axcelerate-format.ts';
import { startReceiver, type Answering, type Received, type Receiver } from '../kit/receiver.ts';
import { startScenario, type Person, type Scenario } from '../kit/scenario.ts';

const HOOKS = '/api/v1/webhooks';

/** Verifies both headers as aXcelerate's documentation says. */
function authentic({ rawBody, headers }: Received, privateKey: string | null): boolean {
  if (privateKey === null) return headers['ax-signature-version'] === '0' && headers['ax-signature'] === '';
  const made = createHmac('sha256', privateKey).update(rawBody).digest('hex');
  return headers['ax-signature-version'] === '1' && headers['ax-signature'] === made;
}

describe('webhooks of the format aXcelerate', () => {
  let s: Scenario;
  const open: Receiver[] = [];
  beforeAll(async () => {
    s = await startScenario();
  });
  afterAll(() => s.stop());
  afterEach(async () => {
    for (const as of [s.alice, s.charlie]) {
      const { data } = (await s.ask('GET', HOOKS, { as })).json;
      for (const { id } of data) await s.ask('DELETE', `${HOOKS}/${id}`, { as });
    }
    await Promise.all(open.splice(0).map((receiver) => receiver.close()));
  });

  async function hook(more: Record<string, unknown> = {}, answering?: Answering, as: Person = s.alice) {
    const receiver = await startReceiver();
    open.push(receiver);
    if (answering) receiver.answer(answering);
    const { json, text, status } = await s.ask('POST', HOOKS, {
      as,
      body: {
        name: 'Contacts',
        url: receiver.url,
        events: ['contact.updated'],
        format: 'axcelerate',
        ...more,
      },
    });
    expect(status, text).toBe(201);
    return { webhook: json, receiver };
  }
  async function updated(as: Person = s.alice) {
    const { json } = await s.ask('POST', '/api/v1/contacts', { as, body: { first_name: 'Jane' } });
    const body = { last_name: 'Doe' };
    return (await s.ask('PATCH', `/api/v1/contacts/${json.id}`, { as, body })).json;
  }
  const bodyOf = ({ rawBody }: Received) => JSON.parse(rawBody.toString());
  const log = async (webhook: { id: string }) =>
    (await s.ask('GET', `${HOOKS}/${webhook.id}/deliveries`)).json.data;

  test.each([
    ['*', ['*'], 'events.0'],
    ['two', ['contact.created', 'contact.updated'], 'events'],
    ['none', [], 'events'],
    ['an unknown one', ['contact.sneezed'], 'events.0'],
  ])('AC1: exactly one event type: %s is rejected, also in a later change', async (_name, events, field) => {
    const { webhook } = await hook();
    const body = { name: 'x', url: open[0]!.url, format: 'axcelerate', events };
    const made = await s.ask('POST', HOOKS, { body });
    expect([made.status, made.json.error.fields[0].field]).toEqual([400, field]);
    const changed = await s.ask('PATCH', `${HOOKS}/${webhook.id}`, { body: { events } });
    expect([changed.status, changed.json.error.fields[0].field]).toEqual([400, field]);
    const other = await s.ask('PATCH', `${HOOKS}/${webhook.id}`, { body: { events: ['deal.won'] } });
    expect(other.json.events).toEqual(['deal.won']);
  });

  test('AC2: type, message under its noun, clientId, messageId and timestamp', async () => {
    const names = 'fairlead';
    const { receiver } = await hook({ names });
    const second = await hook({ names });
    const contact = await updated();
    const [received] = await receiver.waitFor(1);
    const body = bodyOf(received!);
    expect(body).toEqual({
      type: 'contact.updated',
      message: { contact },
      clientId: expect.any(Number),
      messageId: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      timestamp: contact.updated_at,
    });
    expect(Number.isInteger(body.clientId) && body.clientId > 0).toBe(true);
    expect(bodyOf((await second.receiver.waitFor(1))[0]!).clientId).toBe(body.clientId);
    const elsewhere = await hook({ names }, undefined, s.charlie);
    await updated(s.charlie);
    expect(bodyOf((await elsewhere.receiver.waitFor(1))[0]!).clientId).not.toBe(body.clientId);
  });

  test('AC3: signed with the private key, and version 0 with an empty signature without one', async () => {
    const key = 'a user-supplied private key';
    const signed = await hook({ secret: key });
    const unsigned = await hook();
    expect(unsigned.webhook).toMatchObject({ signed: false, secret: null });
    await updated();
    expect(authentic((await signed.receiver.waitFor(1))[0]!, key)).toBe(true);
    const [bare] = await unsigned.receiver.waitFor(1);
    expect(authentic(bare!, null)).toBe(true);
    // A key that is added later signs from the next attempt, and a removed one no longer does.
    await s.ask('POST', `${HOOKS}/${unsigned.webhook.id}/rotate-secret`, { body: { secret: key } });
    await updated();
    expect(authentic((await unsigned.receiver.waitFor(2))[1]!, key)).toBe(true);
    await s.ask('POST', `${HOOKS}/${unsigned.webhook.id}/rotate-secret`, { body: { secret: null } });
    await updated();
    expect(authentic((await unsigned.receiver.waitFor(3))[2]!, null)).toBe(true);
  });

  test('AC4: twenty retries, each after twice the delay, from 1 s to six days; the messageId stays', async () => {
    // None of these responses ends the retries.
    const answers = [500, 410, 404, 301];
    const { webhook, receiver } = await hook({}, (_request, n) => ({ status: answers[n % answers.length]! }));
    await updated();
    for (let attempt = 1; attempt <= 20; attempt++) {
      await expect.poll(async () => (await log(webhook))[0]?.attempts, { timeout: 10_000 }).toBe(attempt);
      const { json } = await s.ask('GET', `/api/v1/deliveries/${(await log(webhook))[0].id}`);
      const last = json.attempt_log.at(-1);
      const wait = (Date.parse(last.next_at) - Date.parse(last.at)) / 1000;
      const delay = 2 ** (attempt - 1);
      expect(wait).toBeGreaterThanOrEqual(delay);
      expect(wait).toBeLessThanOrEqual(delay * 1.1 + 1);
      if (attempt > 2) await s.ask('POST', `${HOOKS}/send-pending`);
    }
    await expect.poll(async () => (await log(webhook))[0]).toMatchObject({ state: 'failed', attempts: 21 });
    expect(receiver.received).toHaveLength(21);
    expect(new Set(receiver.received.map((item) => bodyOf(item).messageId)).size).toBe(1);
    expect((await s.ask('GET', `${HOOKS}/${webhook.id}`)).json.state).toBe('active');
  });

  test('AC4: a paused lane uses up no attempt', async () => {
    const { webhook, receiver } = await hook({}, (_request, n) =>
      n === 1 ? { status: 503, headers: { 'retry-after': '3' } } : {},
    );
    await updated();
    await receiver.waitFor(1);
    await updated();
    await receiver.waitFor(3, 15_000);
    await expect
      .poll(async () => (await log(webhook)).map((item: { attempts: number }) => item.attempts))
      .toEqual([1, 2]);
    expect(receiver.received[1]!.at - receiver.received[0]!.at).toBeGreaterThanOrEqual(2_900);
  });
});

test('AC4: all twenty fit before a delivery expires, even if every response asks for a day of delay', () => {
  const { retryMax: max, intervalsS } = axcelerateFormat.defaults;
  expect(max).toBe(20);
  expect(intervalsS.reduce((sum, item) => sum + item)).toBe(2 ** 20 - 1);
  expect(maxDurationDays({ max, intervalsS })).toBeLessThan(MAX_WAIT_DAYS - 1);
});
