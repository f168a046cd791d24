import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startReceiver, type Answering, type Receiver } from '../kit/receiver.ts';
import { runCase, startScenario, type Scenario } from '../kit/scenario.ts';

const HOOKS = '/api/v1/webhooks';

describe('webhooks by API', () => {
  let s: Scenario;
  const open: { webhook: { id: string }; receiver: Receiver }[] = [];
  beforeAll(async () => {
    s = await startScenario();
  });
  afterAll(() => s.stop());
  afterEach(async () => {
    for (const { webhook, receiver } of open.splice(0)) {
      await s.ask('DELETE', `${HOOKS}/${webhook.id}`);
      await receiver.close();
    }
  });

  async function hook(more: Record<string, unknown> = {}, answering?: Answering) {
    const receiver = await startReceiver();
    if (answering) receiver.answer(answering);
    const { json, text, status } = await s.ask('POST', HOOKS, {
      body: { name: 'a webhook', url: `${receiver.url}/hook`, events: ['*'], ...more },
    });
    expect(status, text).toBe(201);
    open.push({ webhook: json, receiver });
    return { webhook: json, receiver };
  }
  const makeContact = async (fields: Record<string, unknown> = {}) =>
    (await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'Jane', ...fields } })).json;
  const log = async (webhook: { id: string }) =>
    (await s.ask('GET', `${HOOKS}/${webhook.id}/deliveries`)).json.data;
  const settled = async (webhook: { id: string }, state: string) => {
    await expect.poll(async () => (await log(webhook))[0]?.state, { timeout: 15_000 }).toBe(state);
  };

  test('AX13: the secret is shown once and sealed at rest', async () => {
    const { webhook } = await hook();
    expect(webhook.secret).toMatch(/^whsec_/);
    expect((await s.ask('GET', `${HOOKS}/${webhook.id}`)).json.secret).toBeUndefined();
    expect((await s.ask('GET', HOOKS)).text).not.toContain(webhook.secret);
    const { rows } = await s.db.pool.query('select * from endpoint');
    expect(JSON.stringify(rows)).not.toContain(webhook.secret);
    expect(rows.every(({ secret }) => secret === null || !secret.includes(webhook.secret.slice(6)))).toBe(
      true,
    );
  });

  test('an Idempotency-Key gives the same webhook and secret again; the stored answer is sealed', async () => {
    const receiver = await startReceiver();
    const ask = {
      body: { name: 'once', url: receiver.url, events: ['*'] },
      headers: { 'idempotency-key': 'hook-1' },
    };
    const first = await s.ask('POST', HOOKS, ask);
    const again = await s.ask('POST', HOOKS, ask);
    expect(again.text).toBe(first.text);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    const { rows } = await s.db.pool.query("select body from idempotency where key = 'hook-1'");
    expect(rows[0].body).not.toContain('whsec_');
    open.push({ webhook: first.json, receiver });
  });

  test('list, get, change and delete', async () => {
    const { webhook } = await hook();
    const item = `${HOOKS}/${webhook.id}`;
    expect((await s.ask('GET', HOOKS)).json.data.map(({ id }: { id: string }) => id)).toContain(webhook.id);
    const changed = await s.ask('PATCH', item, {
      body: { name: 'renamed', events: ['contact.deleted'], timeout_s: 10 },
    });
    expect(changed.json).toMatchObject({
      name: 'renamed',
      events: ['contact.deleted'],
      timeout_s: 10,
      version: 2,
    });
    expect((await s.ask('DELETE', item)).status).toBe(204);
    expect((await s.ask('GET', item)).status).toBe(404);
    expect((await s.ask('DELETE', item)).status).toBe(404);
    expect((await s.ask('GET', `${item}/deliveries`)).status).toBe(200);
  });

  test('AX11: only chosen events arrive, and a changed choice affects future events only', async () => {
    const { webhook, receiver } = await hook({ events: ['contact.updated'] });
    const contact = await makeContact();
    await s.ask('PATCH', `/api/v1/contacts/${contact.id}`, { body: { phone: '1' } });
    await receiver.waitFor(1);
    await s.ask('PATCH', `${HOOKS}/${webhook.id}`, { body: { events: ['contact.deleted'] } });
    await s.ask('PATCH', `/api/v1/contacts/${contact.id}`, { body: { phone: '2' } });
    await s.ask('DELETE', `/api/v1/contacts/${contact.id}`);
    const received = await receiver.waitFor(2);
    expect(received.map(({ rawBody }) => JSON.parse(rawBody.toString()).type)).toEqual([
      'contact.updated',
      'contact.deleted',
    ]);
  });

  test('AX11: a paused webhook gets nothing; what was queued before is held and sent when it is resumed', async () => {
    let ok = false;
    const { webhook, receiver } = await hook({ retry: { max: 5, intervals_s: [1] } }, () => ({
      status: ok ? 200 : 500,
    }));
    const held = await makeContact();
    await receiver.waitFor(1);
    await s.ask('PATCH', `${HOOKS}/${webhook.id}`, { body: { active: false } });
    const before = receiver.received.length;
    const never = await makeContact();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(receiver.received.length).toBe(before);
    ok = true;
    await s.ask('PATCH', `${HOOKS}/${webhook.id}`, { body: { active: true } });
    await receiver.waitFor(before + 1);
    await settled(webhook, 'delivered');
    const ids = receiver.received.map(({ rawBody }) => JSON.parse(rawBody.toString()).data.id);
    expect(ids).toContain(held.id);
    expect(ids).not.toContain(never.id);
  });

  test('deleting a webhook drops what is queued; its log stays readable', async () => {
    const { webhook, receiver } = await hook({}, () => ({ status: 500 }));
    await makeContact();
    await receiver.waitFor(1);
    await settled(webhook, 'retrying');
    await s.ask('DELETE', `${HOOKS}/${webhook.id}`);
    expect((await log(webhook))[0]).toMatchObject({
      state: 'dropped',
      last_failure: 'webhook_deleted',
      attempts: 1,
    });
    const { rows } = await s.db.pool.query('select count(*)::int as n from queue');
    expect(rows[0].n).toBe(0);
  });

  test('an event that no webhook wants is stored with the reason', async () => {
    const contact = await makeContact();
    const { rows } = await s.db.pool.query('select matched, reason from event where object_id = $1', [
      contact.id,
    ]);
    expect(rows).toEqual([{ matched: 0, reason: 'no active webhook is subscribed to this type' }]);
  });

  test('the log shows every attempt: time, status, named failure, duration, response', async () => {
    const { webhook, receiver } = await hook({ retry: { max: 1, intervals_s: [1] } }, (_r, n) => ({
      status: 500 + n,
      body: `no ${n}`,
    }));
    await makeContact();
    await receiver.waitFor(2, 15_000);
    await settled(webhook, 'failed');
    const [delivery] = await log(webhook);
    const { json } = await s.ask('GET', `/api/v1/deliveries/${delivery.id}`);
    expect(json).toMatchObject({
      state: 'failed',
      attempts: 2,
      last_status: 502,
      last_failure: 'status_5xx',
      next_attempt_at: null,
    });
    expect(json.attempt_log).toMatchObject([
      { number: 1, status: 501, failure: 'status_5xx', response: 'no 1', next_at: expect.any(String) },
      { number: 2, status: 502, failure: 'status_5xx', response: 'no 2', next_at: null },
    ]);
  });

  test('AX18: five attempts in all, 1, 2, 4 and 8 minutes apart, jitter only adding', async () => {
    const { webhook, receiver } = await hook({ format: 'axocrm' }, () => ({ status: 500 }));
    await makeContact();
    await receiver.waitFor(1);
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 4; attempt++) {
      await expect.poll(async () => (await log(webhook))[0]?.attempts, { timeout: 10_000 }).toBe(attempt);
      const [delivery] = await log(webhook);
      const { json } = await s.ask('GET', `/api/v1/deliveries/${delivery.id}`);
      const last = json.attempt_log.at(-1);
      waits.push((Date.parse(last.next_at) - Date.parse(last.at)) / 60_000);
      await s.ask('POST', `${HOOKS}/send-pending`);
    }
    await settled(webhook, 'failed');
    expect(receiver.received.length).toBe(5);
    for (const [at, minutes] of [1, 2, 4, 8].entries()) {
      expect(waits[at]).toBeGreaterThanOrEqual(minutes);
      expect(waits[at]).toBeLessThan(minutes * 1.1 + 0.1);
    }
  });

  test('429 with Retry-After holds the whole webhook for as long as it says', async () => {
    const { webhook, receiver } = await hook({}, (_r, n) =>
      n === 1 ? { status: 429, headers: { 'retry-after': '3' } } : { status: 200 },
    );
    await makeContact();
    await receiver.waitFor(1);
    await settled(webhook, 'retrying');
    await makeContact();
    const [first, second] = await receiver.waitFor(2, 15_000);
    expect(second!.at - first!.at).toBeGreaterThanOrEqual(2_900);
  });

  test('resend sends a settled delivery again under the same event id', async () => {
    const { webhook, receiver } = await hook();
    await makeContact();
    await receiver.waitFor(1);
    await settled(webhook, 'delivered');
    const [delivery] = await log(webhook);
    const again = await s.ask('POST', `/api/v1/deliveries/${delivery.id}/resend`);
    expect(again.status).toBe(202);
    const [first, second] = await receiver.waitFor(2);
    expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id']);
    await expect.poll(async () => (await log(webhook)).length).toBe(2);
    expect((await log(webhook))[0]).toMatchObject({ kind: 'resend', event_id: delivery.event_id });
  });

  test('resend of a waiting delivery makes it due now', async () => {
    const { webhook, receiver } = await hook({}, (_r, n) => ({ status: n === 1 ? 500 : 200 }));
    await makeContact();
    await receiver.waitFor(1);
    await settled(webhook, 'retrying');
    const [delivery] = await log(webhook);
    const { json } = await s.ask('POST', `/api/v1/deliveries/${delivery.id}/resend`);
    expect(json.delivery_id).toBe(delivery.id);
    await receiver.waitFor(2);
    await settled(webhook, 'delivered');
  });

  test('send test sends webhook.test, or a sample of a type, also while paused, once, and stores nothing in the feed', async () => {
    const { webhook, receiver } = await hook({ active: false, format: 'axocrm' }, () => ({ status: 500 }));
    await s.newEvents();
    const plain = await s.ask('POST', `${HOOKS}/${webhook.id}/test`);
    expect(plain.json.event_type).toBe('webhook.test');
    await receiver.waitFor(1);
    await s.ask('POST', `${HOOKS}/${webhook.id}/test`, { body: { event_type: 'contact.created' } });
    const [first, second] = await receiver.waitFor(2);
    expect(first!.headers['x-axocrm-event']).toBe('webhook.test');
    expect(JSON.parse(second!.rawBody.toString())).toMatchObject({
      type: 'contact.created',
      data: { object: { has_email: true } },
    });
    await settled(webhook, 'failed');
    expect(await s.newEvents()).toEqual([]);
    await runCase(s, {
      name: '',
      method: 'POST',
      path: `${HOOKS}/${webhook.id}/test`,
      body: { event_type: 'contact.sneezed' },
      status: 400,
      fields: ['event_type'],
    });
  });

  test('custom headers: a masked value sent back keeps the old one', async () => {
    const { webhook, receiver } = await hook({ headers: { 'X-Route': 'blue', 'X-Token': 'old' } });
    const { json } = await s.ask('GET', `${HOOKS}/${webhook.id}`);
    await s.ask('PATCH', `${HOOKS}/${webhook.id}`, {
      body: { headers: { ...json.headers, 'X-Token': 'new' } },
    });
    await makeContact();
    const [received] = await receiver.waitFor(1);
    expect(received!.headers).toMatchObject({ 'x-route': 'blue', 'x-token': 'new' });
  });

  test('permissions: only webhooks:manage, and only within the workspace', async () => {
    const { webhook } = await hook();
    await makeContact();
    await settled(webhook, 'delivered');
    const [delivery] = await log(webhook);
    const item = `${HOOKS}/${webhook.id}`;
    const routes: [string, string, unknown?][] = [
      ['GET', item],
      ['PATCH', item, { name: 'stolen' }],
      ['PUT', item, { name: 'stolen' }],
      ['DELETE', item],
      ['POST', `${item}/rotate-secret`],
      ['POST', `${item}/test`],
      ['GET', `${item}/deliveries`],
      ['GET', `/api/v1/deliveries/${delivery.id}`],
      ['POST', `/api/v1/deliveries/${delivery.id}/resend`],
    ];
    for (const [method, path, body] of routes) {
      for (const [as, status] of [
        [null, 401],
        [s.bob, 403],
        [s.charlie, 404],
      ] as const) {
        const reply = await s.ask(method, path, { as, ...(body !== undefined && { body }) });
        expect(reply.status, `${method} ${path} ${status}`).toBe(status);
      }
    }
    for (const [method, path] of [
      ['GET', HOOKS],
      ['POST', HOOKS],
      ['POST', `${HOOKS}/send-pending`],
    ] as const) {
      expect((await s.ask(method, path, { as: s.bob, ...(method === 'POST' && { body: {} }) })).status).toBe(
        403,
      );
    }
    expect((await s.ask('GET', HOOKS, { as: s.charlie })).json.data).toEqual([]);
    expect((await s.ask('GET', item)).json.name).toBe('a webhook');
  });

  test.each(['wh_1', 'nonsense', 'wh_' + '0'.repeat(32)])('the id %s answers 404', async (id) => {
    for (const method of ['GET', 'DELETE']) expect((await s.ask(method, `${HOOKS}/${id}`)).status).toBe(404);
  });
});
