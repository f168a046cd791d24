import { connect } from 'node:net';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requestIdIn } from '../../src/http/request-id.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario();
});
afterAll(() => s.stop());

const RATE = ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'];
const NOBODY = '01976d3c-0000-7000-8000-000000000000';

/** A key of a new workspace on a plan. */
async function keyOn(plan: string): Promise<string> {
  const { id: workspaceId } = await s.app.workspaces.create({ name: plan, plan });
  return (await s.app.keys.create({ workspaceId, name: 'key', style: 'fairlead', createdBy: 'test' })).raw;
}

/** A request of any method, by Node itself: `fetch` rejects some. */
function send(
  method: string,
  path: string,
  headers: Record<string, string> = { authorization: `Bearer ${s.alice.key}` },
): Promise<{ status: number; headers: IncomingHttpHeaders; json: { error: { code: string } | string } }> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(s.url + path, { method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => (text += piece));
      response.on('end', () =>
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          json: text === '' ? { error: '' } : (JSON.parse(text) as { error: string }),
        }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('AX3, AN11: every authenticated response has the rate limit headers', () => {
  const ask =
    (method: string, path: string, more: object = {}) =>
    () =>
      s.ask(method, path, more);
  test.each<[string, number, () => ReturnType<Scenario['ask']>]>([
    ['an unknown path', 404, ask('GET', '/api/v1/nothing')],
    ['a POST to an unknown path', 404, ask('POST', '/api/v1/nothing', { raw: '{"broken' })],
    ['an unknown path at the root', 404, ask('GET', '/nothing', { headers: { accept: 'application/json' } })],
    ['a wrong method', 405, ask('DELETE', '/api/v1/me')],
    ['a wrong method with a broken body', 405, ask('POST', '/api/v1/me', { raw: '{"broken' })],
    ['a wrong method of a batch', 405, ask('GET', '/api/v1/contacts/batch')],
    ['a malformed id', 404, ask('GET', '/api/v1/contacts/nothing')],
    ['a path that is not a URL', 404, ask('GET', '/%zz')],
    ['an unknown id', 404, ask('GET', `/api/v1/contacts/${NOBODY}`)],
    ['broken JSON', 400, ask('POST', '/api/v1/contacts', { raw: '{"broken' })],
    ['an invalid field', 400, ask('POST', '/api/v1/contacts', { body: { email: 'nowhere' } })],
    ['an invalid parameter', 400, ask('GET', '/api/v1/contacts?nothing=1')],
    ['an invalid lead', 400, ask('POST', '/api/v1/leads', { body: {} })],
    ['a body that is too large', 413, ask('POST', '/api/v1/contacts', { raw: 'x'.repeat(1024 * 1024 + 1) })],
    [
      'a body of another type',
      415,
      ask('POST', '/api/v1/contacts', { raw: 'x', headers: { 'content-type': 'text/plain' } }),
    ],
    ['a lead at the root', 404, ask('GET', '/analytics/leads/1')],
    ['a wrong method at the root', 405, ask('DELETE', '/analytics/leads/1')],
    [
      'a rejected Idempotency-Key',
      400,
      ask('POST', '/api/v1/contacts', { body: {}, headers: { 'idempotency-key': 'é' } }),
    ],
  ])('%s', async (_name, status, request) => {
    const { status: answered, headers } = await request();
    expect(answered).toBe(status);
    for (const name of RATE) expect(headers.get(name), name).toMatch(/^\d+$/);
  });

  test('a replayed response and a mismatch have them too', async () => {
    const headers = { 'idempotency-key': 'one' };
    const post = (first_name: string) => s.ask('POST', '/api/v1/contacts', { body: { first_name }, headers });
    await post('Jane');
    for (const again of [await post('Jane'), await post('John')]) {
      expect([201, 422]).toContain(again.status);
      expect(again.headers.get('x-ratelimit-remaining')).toMatch(/^\d+$/);
    }
  });

  test('an unknown path counts like any other request, and is refused once the window is full', async () => {
    const as = await keyOn('standard');
    const remaining = async (method: string, path: string) =>
      Number((await s.ask(method, path, { as })).headers.get('x-ratelimit-remaining'));
    const before = await remaining('GET', '/api/v1/me');
    expect(await remaining('GET', '/api/v1/nothing')).toBe(before - 1);
    expect(await remaining('DELETE', '/api/v1/me')).toBe(before - 2);
    expect(await remaining('GET', '/%zz')).toBe(before - 3);
    expect(await remaining('GET', `/api/v1/contacts/${'x'.repeat(300)}`)).toBe(before - 4);
    await Promise.all(Array.from({ length: before }, () => s.ask('GET', '/api/v1/nothing', { as })));
    const full = await s.ask('GET', '/api/v1/nothing', { as });
    expect(full.status).toBe(429);
    expect(full.headers.get('retry-after')).toMatch(/^\d+$/);
  });

  test.each([{ as: null }, { as: 'fl_live_nonsense' }])('none without a valid key: %o', async ({ as }) => {
    for (const [method, path, status] of [
      ['GET', '/api/v1/nothing', 404],
      ['DELETE', '/api/v1/me', 405],
    ] as const) {
      const answer = await s.ask(method, path, { as });
      expect(answer.status).toBe(status);
      for (const name of RATE) expect(answer.headers.get(name)).toBeNull();
    }
  });
});

describe('a method that a path does not accept is 405, with Allow', () => {
  test.each(['QUERY', 'TRACE', 'PROPFIND', 'PURGE', 'SEARCH', 'PUT', 'DELETE', 'PATCH', 'GET', 'HEAD'])(
    '%s of a batch',
    async (method) => {
      const answer = await send(method, '/api/v1/contacts/batch-delete');
      expect(answer.status).toBe(405);
      expect(answer.headers.allow).toBe('POST');
      expect(answer.headers['x-request-id']).toBeTruthy();
    },
  );

  test.each([
    ['/api/v1/contacts', ['GET', 'HEAD', 'POST']],
    [`/api/v1/contacts/${NOBODY}`, ['DELETE', 'GET', 'HEAD', 'PATCH', 'PUT']],
    ['/api/v1/leads/batch', ['PATCH', 'POST']],
    ['/api/v1/webhooks/send-pending', ['POST']],
    ['/api/v1/openapi.json', ['GET', 'HEAD']],
    ['/healthz', ['GET', 'HEAD']],
    ['/webhooks/crm/lead', ['POST']],
  ])('QUERY %s', async (path, allowed) => {
    const { status, headers } = await send('QUERY', path);
    expect(status).toBe(405);
    expect(headers.allow?.split(', ').toSorted()).toEqual(allowed);
  });

  test('a path is refused in its own error format', async () => {
    const { status, json } = await s.ask('PUT', '/api/v1/leads');
    expect(status).toBe(405);
    expect(json.error).toMatch(/^This path accepts /);
  });

  test('OPTIONS returns the methods of a path', async () => {
    const known = await send('OPTIONS', '/api/v1/contacts/batch');
    expect([known.status, known.headers.allow]).toEqual([204, 'POST, PATCH, OPTIONS']);
    expect(known.headers['x-ratelimit-remaining']).toMatch(/^\d+$/);
    expect((await send('OPTIONS', '/api/v1/nothing')).status).toBe(404);
  });

  /** The complete response to a request line. */
  const raw = (line: string, headers = 'Host: x\r\n') =>
    new Promise<string>((resolve, reject) => {
      const { port } = new URL(s.url);
      let text = '';
      const socket = connect(Number(port), '127.0.0.1', () => socket.write(`${line}\r\n${headers}\r\n`));
      socket.setEncoding('utf8');
      socket.on('data', (piece: string) => (text += piece));
      socket.on('end', () => resolve(text));
      socket.on('error', reject);
    });

  test.each(['FETCH', 'get', 'X-OWN'])('also %s, which is not a method', async (method) => {
    const known = await raw(`${method} /api/v1/contacts/batch?x=1 HTTP/1.1`);
    expect(known).toMatch(/^HTTP\/1\.1 405 Method Not Allowed\r\n/);
    expect(known).toMatch(/\r\nallow: POST, PATCH\r\n/);
    expect(JSON.parse(known.slice(known.indexOf('\r\n\r\n'))).error.code).toBe('method_not_allowed');
    expect(await raw(`${method} /api/v1/nothing HTTP/1.1`)).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
  });

  test.each(['FETCH', 'CONNECT'])('%s gets the usual headers: request id and no-store', async (method) => {
    const path = method === 'CONNECT' ? 'elsewhere.example:443' : '/api/v1/nothing';
    const ask = (headers: string) => raw(`${method} ${path} HTTP/1.1`, `Host: x\r\n${headers}`);
    const answer = await ask('X-Request-Id: my-own.id/1\r\n');
    expect(answer).toMatch(/\r\ncache-control: no-store\r\n/);
    expect(answer).toMatch(/\r\nx-request-id: my-own\.id\/1\r\n/);
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))).error.request_id).toBe('my-own.id/1');
    for (const none of ['', 'X-Request-Id: two words\r\n', 'X-Request-Id: a\r\nX-Request-Id: b\r\n'])
      expect(await ask(none)).toMatch(/\r\nx-request-id: [0-9a-f]{8}-[0-9a-f-]{27}\r\n/);
  });

  test('an incomplete request id header is ignored', () => {
    const id = (packet: string) => requestIdIn(Buffer.from(packet));
    expect(id('FETCH / HTTP/1.1\r\nX-Request-Id: abc\r\nHos')).toBe('abc');
    expect(id('FETCH / HTTP/1.1\r\nHost: x\r\nX-Request-Id: abc')).not.toBe('abc');
    expect(id('FETCH / HTTP/1.1\r\nHost: x\r\n\r\nX-Request-Id: abc\r\n\r\n')).not.toBe('abc');
    expect(requestIdIn(undefined)).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('a tunnel is refused, and data that is not HTTP stays 400', async () => {
    expect(await raw('CONNECT elsewhere.example:443 HTTP/1.1')).toMatch(/^HTTP\/1\.1 40[45] /);
    expect(await raw('\x16\x03\x01 nonsense')).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('an id is the same in upper case', () => {
  const created = async (path: string, body: object) =>
    (await s.ask('POST', `/api/v1/${path}`, { body })).json as { id: string };

  test('in paths of records and their subresources', async () => {
    const contact = await created('contacts', { first_name: 'Jane' });
    const company = await created('companies', { name: 'Acme' });
    const upper = (id: string) => id.toUpperCase();
    for (const [method, path, status] of [
      ['GET', `contacts/${upper(contact.id)}`, 200],
      ['PATCH', `contacts/${upper(contact.id)}`, 200],
      ['GET', `activities/${upper(contact.id)}`, 200],
      ['GET', `companies/${upper(company.id)}`, 200],
      ['GET', `contacts?company_id=${upper(company.id)}`, 200],
      ['DELETE', `companies/${upper(company.id)}`, 204],
    ] as const) {
      const body = method === 'PATCH' ? { body: { company_id: upper(company.id) } } : {};
      const { status: answered, text } = await s.ask(method, `/api/v1/${path}`, body);
      expect(answered, `${method} ${path} ${text}`).toBe(status);
    }
    const { json } = await s.ask('GET', `/api/v1/contacts?company_id=${upper(company.id)}`);
    expect(json.data.map((item: { id: string }) => item.id)).toEqual([contact.id]);
  });

  test('in paths of webhooks, events, keys and pipelines', async () => {
    const webhook = await created('webhooks', {
      name: 'hook',
      url: 'http://127.0.0.1:9/',
      events: ['contact.created'],
    });
    await created('contacts', { first_name: 'Jane' });
    const { data: events } = (await s.ask('GET', '/api/v1/events')).json;
    const { data: keys } = (await s.ask('GET', '/api/v1/api-keys')).json;
    const { data: pipelines } = (await s.ask('GET', '/api/v1/pipelines')).json;
    const upper = (prefix: string, id: string) => prefix + id.slice(prefix.length).toUpperCase();
    for (const path of [
      `webhooks/${upper('wh_', webhook.id)}`,
      `webhooks/${webhook.id.toUpperCase()}`,
      `webhooks/${upper('wh_', webhook.id)}/deliveries?event_id=${upper('evt_', events[0].id)}`,
      `events/${upper('evt_', events[0].id)}`,
      `events?after=${upper('evt_', events[0].id)}`,
      `pipelines/${pipelines[0].id.toUpperCase()}`,
    ])
      expect((await s.ask('GET', `/api/v1/${path}`)).status, path).toBe(200);
    const renamed = await s.ask('PATCH', `/api/v1/api-keys/${keys[0].id.toUpperCase()}`, {
      body: { name: 'renamed' },
    });
    expect(renamed.status).toBe(200);
  });

  test('in the path of the details of a lead', async () => {
    const lead = await created('leads', {
      name: 'Jane Doe',
      email: 'jane@example.com',
      phone: '1',
      event_date: '2026-08-15',
    });
    const { status, json } = await s.ask('GET', `/analytics/leads/${lead.id.toUpperCase()}`);
    expect([status, json.lead?.id]).toEqual([200, lead.id]);
    const named = await s.ask('GET', `/api/v1/leads/${lead.id.toUpperCase()}?include_deleted=true`);
    expect(named.json.id).toBe(lead.id);
  });
});
