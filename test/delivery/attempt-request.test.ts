import { afterAll, beforeAll, expect, test } from 'vitest';
import { dropUnusedTemplates } from '../../src/delivery/log/retention.ts';
import { startReceiver, type Received } from '../kit/receiver.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

const HOOKS = '/api/v1/webhooks';

interface Attempt {
  number: number;
  failure: string | null;
  request: { url: string; method: string; headers: Record<string, string>; body: string | null } | null;
}

let s: Scenario;
beforeAll(async () => {
  s = await startScenario();
});
afterAll(() => s.stop());

/** The attempts of a webhook's newest delivery, once it has this state. */
async function attempts(id: string, state: string): Promise<Attempt[]> {
  const newest = async () => (await s.ask('GET', `${HOOKS}/${id}/deliveries`)).json.data[0];
  await expect.poll(async () => (await newest())?.state, { timeout: 15_000 }).toBe(state);
  const { json, status, text } = await s.ask('GET', `/api/v1/deliveries/${(await newest()).id}`);
  expect(status, text).toBe(200);
  return json.attempt_log;
}

/** Checks that the log shows what arrived, except for the values of custom headers. */
function expectShown({ request }: Attempt, received: Received, url: string): void {
  expect(request).toMatchObject({ url, method: received.method, body: received.rawBody.toString() });
  const { 'X-Token': token, ...headers } = request!.headers;
  expect(token).toBe('********');
  for (const [name, value] of Object.entries(headers))
    expect(received.headers[name.toLowerCase()]).toBe(value);
  // Headers of HTTP itself are not in the log.
  const added = new Set(['host', 'connection', 'content-length', 'x-token', 'transfer-encoding']);
  const own = Object.keys(received.headers).filter((name) => !added.has(name));
  expect(Object.keys(headers).map((name) => name.toLowerCase())).toEqual(expect.arrayContaining(own));
}

test.each([
  ['standard', 'application/json'],
  ['axocrm', 'application/json'],
  ['automatenexus', 'application/x-www-form-urlencoded'],
  ['axcelerate', 'application/json'],
])(
  'AN9, AC5: the log shows the request of each attempt as it was sent: %s, %s',
  async (format, contentType) => {
    const receiver = await startReceiver();
    receiver.answer((_request, n) => ({ status: n === 1 ? 500 : 200 }));
    const url = `${receiver.url}/hook`;
    const body = {
      name: 'hook',
      url,
      format,
      content_type: contentType,
      events: ['contact.created'],
      method: 'PUT',
      headers: { 'X-Token': 'very secret value' },
      retry: { max: 1, intervals_s: [1] },
      ...(format === 'axcelerate' && { secret: 'a private key of ours' }),
    };
    const made = await s.ask('POST', HOOKS, { body });
    expect(made.status, made.text).toBe(201);
    const { id } = made.json;
    const contact = { first_name: 'Zoë', notes: 'a "quoted"\nline', custom_fields: { a: 1.5, b: true } };
    expect((await s.ask('POST', '/api/v1/contacts', { body: contact })).status).toBe(201);
    const [first, second] = await receiver.waitFor(2);

    const rendered = await attempts(id, 'delivered');
    expect(rendered.map(({ number }) => number)).toEqual([1, 2]);
    expectShown(rendered[0]!, first!, url);
    expectShown(rendered[1]!, second!, url);
    expect(JSON.stringify(rendered)).not.toContain('very secret value');
    expect(JSON.stringify(rendered)).not.toContain(made.json.secret ?? 'a private key of ours');

    // A later change of the webhook changes nothing that was sent.
    const payload = format === 'axocrm' ? 'full' : 'summary';
    const change = {
      url: `${receiver.url}/else`,
      payload,
      content_type: 'application/json',
      method: 'POST',
      headers: {},
    };
    expect((await s.ask('PATCH', `${HOOKS}/${id}`, { body: change })).status).toBe(200);
    expect((await s.ask('POST', `${HOOKS}/${id}/rotate-secret`)).status).toBe(200);
    expect(await attempts(id, 'delivered')).toEqual(rendered);
    await s.ask('DELETE', `${HOOKS}/${id}`);
    expect(await attempts(id, 'delivered')).toEqual(rendered);
    await receiver.close();
  },
);

test('a body that cannot be rendered again as it was is not shown; nor is a request that was never made', async () => {
  const receiver = await startReceiver();
  const body = { name: 'hook', url: receiver.url, events: ['contact.created'] };
  const { id } = (await s.ask('POST', HOOKS, { body })).json;
  const { id: contact } = (await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'Jane' } })).json;
  const [{ request }] = (await attempts(id, 'delivered')) as [Attempt];
  await s.db.pool.query(`update event set data = '{"first_name":"Joe"}' where object_id = $1`, [contact]);
  expect((await attempts(id, 'delivered'))[0]!.request).toEqual({ ...request, body: null });
  await s.db.pool.query('delete from event where object_id = $1', [contact]);
  expect((await attempts(id, 'delivered'))[0]!.request).toEqual({ ...request, body: null });

  receiver.answer(() => ({ status: 500 }));
  await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'Jane' } });
  await attempts(id, 'retrying');
  await s.ask('DELETE', `${HOOKS}/${id}`);
  const [sent, dropped] = await attempts(id, 'dropped');
  expect(sent!.request).toMatchObject({ method: 'POST', body: expect.stringContaining('Jane') });
  expect(dropped).toMatchObject({ failure: 'webhook_deleted', request: null });
  await receiver.close();
});

/** The stored requests of a webhook, oldest first, and how many templates it has. */
async function stored(name: string): Promise<{ requests: unknown[]; templates: number }> {
  const ofWebhook =
    'join endpoint e on e.workspace_id = x.workspace_id and e.id = x.endpoint_id where e.name = $1';
  const [attempted, templates] = await Promise.all([
    s.db.pool.query(`select x.request from attempt x ${ofWebhook} order by x.id`, [name]),
    s.db.pool.query(`select 1 from request_template x ${ofWebhook}`, [name]),
  ]);
  return { requests: attempted.rows.map(({ request }) => request), templates: templates.rows.length };
}

test('what the requests to a webhook share is stored once, until it changes', async () => {
  const receiver = await startReceiver();
  const name = 'shares';
  const headers = { 'X-Token': 'a secret' };
  const body = { name, url: `${receiver.url}/one`, events: ['contact.created'], headers };
  const { id } = (await s.ask('POST', HOOKS, { body })).json;
  for (const first_name of ['Alice', 'Bob'])
    await s.ask('POST', '/api/v1/contacts', { body: { first_name } });
  await receiver.waitFor(2);
  await attempts(id, 'delivered');
  // A name is not part of a request.
  await s.ask('PATCH', `${HOOKS}/${id}`, { body: { active: true } });
  await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'Charlie' } });
  await receiver.waitFor(3);
  await attempts(id, 'delivered');
  const before = await stored(name);
  expect(before.templates).toBe(1);
  expect(before.requests).toHaveLength(3);
  for (const request of before.requests) expect(JSON.stringify(request)).not.toContain(receiver.url);

  await s.ask('PATCH', `${HOOKS}/${id}`, { body: { url: `${receiver.url}/two` } });
  await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'Dora' } });
  await receiver.waitFor(4);
  const [{ request }] = (await attempts(id, 'delivered')) as [Attempt];
  expect(request).toMatchObject({ url: `${receiver.url}/two`, body: expect.stringContaining('Dora') });
  expect((await stored(name)).templates).toBe(2);
  await receiver.close();
});

test('what the requests to a deleted webhook shared is deleted once the log has none of them', async () => {
  const receiver = await startReceiver();
  const name = 'deleted';
  const body = { name, url: receiver.url, events: ['contact.created'] };
  const { id } = (await s.ask('POST', HOOKS, { body })).json;
  await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'Alice' } });
  await attempts(id, 'delivered');
  await s.ask('DELETE', `${HOOKS}/${id}`);
  const { pool } = s.db;
  await pool.query(`update endpoint set deleted_at = now() - interval '2 days' where name = $1`, [name]);
  await dropUnusedTemplates(pool);
  expect((await stored(name)).templates).toBe(1);
  await pool.query(
    'delete from attempt a using endpoint e where e.id = a.endpoint_id and e.workspace_id = a.workspace_id and e.name = $1',
    [name],
  );
  await dropUnusedTemplates(pool);
  expect((await stored(name)).templates).toBe(0);
  await receiver.close();
});

test('a request that 0.1.0 stored whole is shown as it was', async () => {
  const receiver = await startReceiver();
  const name = 'whole';
  const body = { name, url: receiver.url, events: ['contact.created'], headers: { 'X-Token': 'a secret' } };
  const { id } = (await s.ask('POST', HOOKS, { body })).json;
  await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'Alice' } });
  const [shown] = (await attempts(id, 'delivered')) as [Attempt];
  const { url, method, headers } = shown.request!;
  const [, digest] = (await stored(name)).requests[0] as string[];
  const whole = JSON.stringify({ url, method, headers, payload: 'full', digest });
  await s.db.pool.query(
    `update attempt a set request = $1 from endpoint e where e.id = a.endpoint_id and e.name = $2`,
    [whole, name],
  );
  await s.db.pool.query('delete from request_template');
  expect(await attempts(id, 'delivered')).toEqual([shown]);
  await receiver.close();
});

test('an answer is logged as it was, whatever characters it has', async () => {
  const receiver = await startReceiver();
  const text = `a "quote", a \\ and a \\" {braces}, a tab\t, a line\nbreak, null, Zoë, 🎉 and ''`;
  receiver.answer((_request, n) => ({ body: n === 1 ? text : 'null' }));
  const body = { name: 'odd', url: receiver.url, events: ['contact.created'] };
  const { id } = (await s.ask('POST', HOOKS, { body })).json;
  for (const expected of [text, 'null']) {
    await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'Alice' } });
    await receiver.waitFor(expected === text ? 1 : 2);
    const [attempt] = await attempts(id, 'delivered');
    expect(attempt).toMatchObject({ response: expected });
  }
  await receiver.close();
});
