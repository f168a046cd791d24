import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { MODULE_EVENT_TYPES } from '../../src/modules.ts';
import { automatenexusFormat } from '../../src/integrations/automatenexus/automatenexus-format.ts';
import { makeMember } from '../kit/member.ts';
import { startReceiver, type Answering, type Received, type Receiver } from '../kit/receiver.ts';
import { startScenario, type Person, type Scenario } from '../kit/scenario.ts';

const HOOKS = '/api/v1/webhooks';

/** Verifies as AutomateNexus's documentation says: hash the raw body, compare with the header. */
function authentic({ rawBody, headers }: Received, secret: string): boolean {
  const made = createHmac('sha256', secret).update(rawBody).digest('hex');
  return headers['x-automatenexus-signature'] === made;
}

describe('webhooks of the format AutomateNexus', () => {
  let s: Scenario;
  const open: Receiver[] = [];
  beforeAll(async () => {
    s = await startScenario();
  });
  afterAll(() => s.stop());
  afterEach(async () => {
    for (const { id } of (await s.ask('GET', HOOKS)).json.data) await s.ask('DELETE', `${HOOKS}/${id}`);
    await Promise.all(open.splice(0).map((receiver) => receiver.close()));
  });

  async function hook(more: Record<string, unknown> = {}, answering?: Answering, as: Person = s.alice) {
    const receiver = await startReceiver();
    open.push(receiver);
    if (answering) receiver.answer(answering);
    const { json, text, status } = await s.ask('POST', HOOKS, {
      as,
      body: {
        name: 'New Contact to Internal CRM',
        url: `${receiver.url}/webhooks/automatenexus`,
        events: ['contact.created'],
        format: 'automatenexus',
        ...more,
      },
    });
    expect(status, text).toBe(201);
    return { webhook: json, receiver };
  }
  const make = async (path: string, body: object, as: Person = s.alice) => {
    const reply = await s.ask('POST', `/api/v1/${path}`, { as, body });
    expect(reply.status, reply.text).toBe(201);
    return reply.json;
  };
  const first = async (receiver: Receiver) => JSON.parse((await receiver.waitFor(1))[0]!.rawBody.toString());

  test('AN3: the body of contact.created matches the documentation', async () => {
    const { webhook, receiver } = await hook();
    const contact = await make('contacts', {
      first_name: 'Jane',
      last_name: 'Doe',
      email: 'jane.doe@example.com',
      phone: '+15551234567',
      company: 'Acme Corp',
      custom_fields: { industry: 'Technology', lead_source: 'Website' },
    });
    const body = await first(receiver);
    expect(Object.keys(body)).toEqual(['event', 'timestamp', 'webhook_id', 'account_id', 'data']);
    expect(body).toMatchObject({
      event: 'contact.created',
      timestamp: contact.created_at,
      webhook_id: webhook.id,
      account_id: expect.stringMatching(/^acc_[0-9a-f]{32}$/),
      data: {
        id: contact.id,
        first_name: 'Jane',
        last_name: 'Doe',
        email: 'jane.doe@example.com',
        phone: '+15551234567',
        company: 'Acme Corp',
        created_at: contact.created_at,
        custom_fields: { industry: 'Technology', lead_source: 'Website' },
      },
    });
    const elsewhere = await hook({}, undefined, s.charlie);
    await make('contacts', { first_name: 'Joe' }, s.charlie);
    expect((await first(elsewhere.receiver)).account_id).not.toBe(body.account_id);
    await s.ask('DELETE', `${HOOKS}/${elsewhere.webhook.id}`, { as: s.charlie });
  });

  test('AN4: deal.stage_changed has a title, both stages, the pipeline and the owner, as of the event', async () => {
    const { webhook, receiver } = await hook({ events: ['deal.stage_changed', 'deal.created'] });
    const pipeline = await make('pipelines', {
      name: 'Sales Pipeline',
      stages: [{ name: 'Proposal' }, { name: 'Negotiation' }],
    });
    const [proposal, negotiation] = pipeline.stages;
    const seller = await makeMember(s, 'member', { name: 'Sales Rep' });
    const deal = await make('deals', {
      title: 'Enterprise License - Acme Corp',
      owner_id: seller.id,
      value: 50000,
      currency: 'USD',
      stage_id: proposal.id,
    });
    const created = await first(receiver);
    expect(created.data).toMatchObject({ title: 'Enterprise License - Acme Corp', value: 50000 });
    expect(created.data).not.toHaveProperty('name');
    expect(created.data).not.toHaveProperty('new_stage');

    receiver.answer(() => ({ status: 500 }));
    await s.ask('PUT', `/api/v1/deals/${deal.id}`, { body: { stage_id: negotiation.id, value: 60000 } });
    const [, moved] = await receiver.waitFor(2);
    const body = JSON.parse(moved!.rawBody.toString());
    expect(body).toMatchObject({
      event: 'deal.stage_changed',
      data: {
        id: deal.id,
        title: 'Enterprise License - Acme Corp',
        value: 60000,
        currency: 'USD',
        previous_stage: 'Proposal',
        new_stage: 'Negotiation',
        pipeline: 'Sales Pipeline',
        owner: { id: seller.id, name: 'Sales Rep' },
      },
    });
    // The retry has the stage names of the time of the event, even if a stage was renamed since.
    await s.ask('PATCH', `/api/v1/pipelines/${pipeline.id}`, {
      body: { stages: [proposal, { id: negotiation.id, name: 'Haggling' }] },
    });
    // The failed attempt is stored before its retry can be brought forward.
    await expect.poll(async () => (await log(webhook))[0]?.attempts, { timeout: 10_000 }).toBe(1);
    await s.ask('POST', `${HOOKS}/send-pending`);
    const [, , again] = await receiver.waitFor(3);
    expect(again!.rawBody.equals(moved!.rawBody)).toBe(true);
  });

  test('AN4: a summary contains no stage and no owner', async () => {
    const { webhook, receiver } = await hook({ events: ['deal.stage_changed'], payload: 'summary' });
    await s.ask('POST', `${HOOKS}/${webhook.id}/test`, { body: { event_type: 'deal.stage_changed' } });
    const { data } = await first(receiver);
    expect(data).toMatchObject({ status: 'open', has_value: true });
    expect(Object.keys(data)).not.toEqual(expect.arrayContaining(['owner']));
    expect(JSON.stringify(data)).not.toContain('Sam');
  });

  test('AN5: the signature is the hex HMAC-SHA256 of the raw body with a generated or user-supplied secret', async () => {
    const generated = await hook();
    expect(generated.webhook.secret).toMatch(/^[0-9a-f]{64}$/);
    const own = await hook({ secret: 'Mein eigenes Geheimnis: äöü' });
    const unsigned = await hook({ secret: null });
    expect(unsigned.webhook).toMatchObject({ secret: null, signed: false });
    await make('contacts', { first_name: 'Zoë' });
    for (const { webhook, receiver } of [generated, own]) {
      const [received] = await receiver.waitFor(1);
      expect(authentic(received!, webhook.secret)).toBe(true);
    }
    const [bare] = await unsigned.receiver.waitFor(1);
    expect(bare!.headers).not.toHaveProperty('x-automatenexus-signature');
  });

  test('AN2, AN5: merging and tagging contacts send contact.merged, contact.tag_added and contact.tag_removed, signed', async () => {
    const events = ['contact.merged', 'contact.tag_added', 'contact.tag_removed'];
    const { webhook, receiver } = await hook({ events });
    const jane = await make('contacts', { first_name: 'Jane', email: 'jane@merge.example', tags: ['old'] });
    const twin = await make('contacts', { first_name: 'J.', email: 'doe@merge.example' });
    const act = async (path: string, body: object) => {
      const reply = await s.ask('POST', `/api/v1/contacts/${jane.id}/${path}`, { body });
      expect(reply.status, reply.text).toBe(200);
    };
    await act('tags', { add: ['vip'], remove: ['old'] });
    await act('merge', { with: [twin.id] });
    const received = await receiver.waitFor(3);
    expect(received.filter((request) => !authentic(request, webhook.secret))).toEqual([]);
    const bodies = received.map(({ rawBody }) => JSON.parse(rawBody.toString()));
    const dataOf = (type: string) => bodies.find(({ event }) => event === type)?.data;
    expect(new Set(bodies.map(({ event }) => event))).toEqual(new Set(events));
    expect(bodies.every((body) => body.webhook_id === webhook.id)).toBe(true);
    expect(dataOf('contact.tag_added')).toMatchObject({ id: jane.id, tag: 'vip', tags: ['vip'] });
    expect(dataOf('contact.tag_removed')).toMatchObject({ id: jane.id, tag: 'old' });
    expect(dataOf('contact.merged')).toMatchObject({ id: jane.id, merged_ids: [twin.id] });
  });

  test('AN6: as many custom headers as HTTP allows', async () => {
    const headers = Object.fromEntries(
      Array.from({ length: 120 }, (_, n) => [`X-Custom-${n}`, `value ${n}`]),
    );
    const { receiver } = await hook({ headers });
    await make('contacts', { first_name: 'Jane' });
    const [received] = await receiver.waitFor(1);
    for (const [name, value] of Object.entries(headers))
      expect(received!.headers[name.toLowerCase()]).toBe(value);
    const body = { name: 'x', url: receiver.url, events: ['*'], headers: { 'X-A': 'a'.repeat(4096) } };
    const big = { ...body.headers, 'X-B': body.headers['X-A'], 'X-C': body.headers['X-A'] };
    const refused = await s.ask('POST', HOOKS, { body: { ...body, headers: big } });
    expect(refused.json.error.fields[0].field).toBe('headers');
  });

  test('AN8: retries 1 min, 5 min, 30 min, 2 h and 24 h after the first failure', async () => {
    const { webhook, receiver } = await hook({}, () => ({ status: 500 }));
    expect(webhook).toMatchObject({ timeout_s: 30, retry: { max: 5 }, disable_after: null, payload: 'full' });
    await make('contacts', { first_name: 'Jane' });
    const waits = await waitsOf(webhook, 5);
    expect(receiver.received).toHaveLength(6);
    const after = [60, 300, 1800, 7200, 86_400];
    for (const [at, seconds] of after.entries()) {
      const wait = seconds - (after[at - 1] ?? 0);
      expect(waits[at]).toBeGreaterThanOrEqual(wait);
      expect(waits[at]).toBeLessThanOrEqual(wait * 1.1 + 1);
    }
  });

  test('AN8: no retries, ten retries, custom intervals and timeout', async () => {
    const none = await hook({ retry: { max: 0 } }, () => ({ status: 500 }));
    const slow = await hook({ retry: { max: 10, intervals_s: [7, 11] }, timeout_s: 5 }, () => ({
      hang: true,
    }));
    await make('contacts', { first_name: 'Jane' });
    await expect.poll(async () => (await log(none.webhook))[0]?.state, { timeout: 10_000 }).toBe('failed');
    await expect
      .poll(async () => (await log(slow.webhook))[0]?.last_failure, { timeout: 10_000 })
      .toBe('timeout');
    const { json } = await s.ask('GET', `/api/v1/deliveries/${(await log(slow.webhook))[0].id}`);
    const [attempt] = json.attempt_log;
    expect(attempt.duration_ms).toBeGreaterThanOrEqual(5_000);
    expect(attempt.duration_ms).toBeLessThan(7_000);
    const wait = (Date.parse(attempt.next_at) - Date.parse(attempt.at) - attempt.duration_ms) / 1000;
    expect(wait).toBeGreaterThanOrEqual(6.9);
    expect(wait).toBeLessThan(9);
  });

  test('AN12: Send Test sends the sample of a chosen event, and the log shows it', async () => {
    const { webhook, receiver } = await hook();
    await s.ask('POST', `${HOOKS}/${webhook.id}/test`, { body: { event_type: 'deal.stage_changed' } });
    expect((await first(receiver)).data).toMatchObject({
      title: expect.any(String),
      previous_stage: 'Proposal',
      new_stage: 'Negotiation',
      pipeline: expect.any(String),
      owner: { id: expect.any(String), name: expect.any(String) },
    });
    await expect
      .poll(async () => (await log(webhook))[0])
      .toMatchObject({ kind: 'test', state: 'delivered' });
  });

  const log = async (webhook: { id: string }) =>
    (await s.ask('GET', `${HOOKS}/${webhook.id}/deliveries`)).json.data;

  /** Makes the retries of a delivery due. @returns the planned delay of each, in seconds */
  async function waitsOf(webhook: { id: string }, retries: number): Promise<number[]> {
    const waits: number[] = [];
    for (let attempt = 1; attempt <= retries; attempt++) {
      await expect.poll(async () => (await log(webhook))[0]?.attempts, { timeout: 10_000 }).toBe(attempt);
      const { json } = await s.ask('GET', `/api/v1/deliveries/${(await log(webhook))[0].id}`);
      const last = json.attempt_log.at(-1);
      waits.push((Date.parse(last.next_at) - Date.parse(last.at)) / 1000);
      await s.ask('POST', `${HOOKS}/send-pending`);
    }
    await expect.poll(async () => (await log(webhook))[0]?.state, { timeout: 10_000 }).toBe('failed');
    return waits;
  }
});

test('AN7: the configured egress addresses are returned', async () => {
  const s = await startScenario({ FAIRLEAD_EGRESS_IPS: '203.0.113.7, 2001:db8::7' });
  const { json } = await s.ask('GET', '/api/v1/egress-addresses', { as: s.bob });
  expect(json).toEqual({ data: ['203.0.113.7', '2001:db8::7'] });
  await s.stop();
});

test('AN2: "*" is the 32 documented event types, and all existing ones of them can be chosen', () => {
  const printed =
    `contact.created contact.updated contact.deleted contact.merged contact.tag_added contact.tag_removed
    deal.created deal.updated deal.stage_changed deal.won deal.lost deal.deleted
    task.created task.updated task.completed task.deleted form.submitted
    payment.received payment.failed payment.refunded subscription.created subscription.canceled
    appointment.booked appointment.rescheduled appointment.canceled
    email.sent email.opened email.clicked email.bounced sms.sent sms.received call.completed`.split(/\s+/);
  expect(printed).toHaveLength(32);
  expect(printed.filter((type) => !automatenexusFormat.documents(type))).toEqual([]);
  const others = MODULE_EVENT_TYPES.map(({ name }) => name).filter((type) => !printed.includes(type));
  expect(others.filter((type) => automatenexusFormat.documents(type))).toEqual([]);
});
