import { connect } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startScenario, type Reply, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api', FAIRLEAD_LEADS_PER_HOUR: '0' });
});
afterAll(() => s.stop());
beforeEach(() => s.newEvents());

const JOSE = '{"first_name":"José"}';
const JSON_TYPE = 'application/json';

function post(raw: string | Uint8Array, headers: Record<string, string> = {}): Promise<Reply> {
  return s.ask('POST', '/api/v1/contacts', { raw, headers: { 'content-type': JSON_TYPE, ...headers } });
}

/** The status of a refusal in the API's error format, which created nothing. */
async function refusal(reply: Reply): Promise<number> {
  expect(reply.json.error.request_id, reply.text).toBe(reply.headers.get('x-request-id'));
  expect(await s.newEvents()).toEqual([]);
  return reply.status;
}

describe('Content-Encoding', () => {
  const json = Buffer.from(JOSE);
  test.each<[string, Uint8Array]>([
    ['gzip', gzipSync(json)],
    ['x-gzip', gzipSync(json)],
    ['GZip', gzipSync(json)],
    ['deflate', deflateSync(json)],
    ['deflate', deflateRawSync(json)],
    ['br', brotliCompressSync(json)],
    ['identity', json],
    ['gzip, br', brotliCompressSync(gzipSync(json))],
    ['identity, gzip', gzipSync(json)],
  ])('%s is decoded', async (coding, raw) => {
    const reply = await post(raw, { 'content-encoding': coding });
    expect(reply.status, reply.text).toBe(201);
    expect(reply.json.first_name).toBe('José');
  });

  const spaces = Buffer.alloc(20 * 1024 * 1024, 0x20);
  test.each<[string, string, Uint8Array, number]>([
    ['truncated', 'gzip', gzipSync(json).subarray(0, -9), 400],
    ['not of the named coding', 'gzip', json, 400],
    ['not of the named coding', 'deflate', json, 400],
    ['not of the named coding', 'br', json, 400],
    ['of an unknown coding', 'zstd', json, 415],
    ['of an unknown coding', 'constructor', json, 415],
    ['encoded three times', 'gzip, gzip, gzip', gzipSync(gzipSync(gzipSync(json))), 415],
    ['larger than the limit', 'gzip', gzipSync(spaces), 413],
    ['larger than the limit', 'br', brotliCompressSync(spaces), 413],
    ['larger than the limit', 'gzip, gzip', gzipSync(gzipSync(spaces)), 413],
  ])('a body that is %s (%s) is refused', async (_name, coding, raw, status) => {
    const reply = await post(raw, { 'content-encoding': coding });
    expect(await refusal(reply)).toBe(status);
    expect(reply.headers.get('accept-encoding')).toBe(status === 415 ? 'gzip, deflate, br, identity' : null);
  });

  test('an Idempotency-Key compares the decoded bytes, whatever the coding is', async () => {
    const headers = { 'idempotency-key': 'coded' };
    const first = await post(gzipSync(json), { ...headers, 'content-encoding': 'gzip' });
    const again = await post(JOSE, headers);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect((await post('{"first_name":"Jane"}', headers)).status).toBe(422);
  });
});

describe('JSON is read as text', () => {
  const utf16 = Buffer.from(`\ufeff${JOSE}`, 'utf16le');
  test.each<[string, string, Uint8Array]>([
    ['with a byte order mark', JSON_TYPE, Buffer.from(`\ufeff${JOSE}`)],
    ['with an empty charset', `${JSON_TYPE}; charset=`, Buffer.from(JOSE)],
    [
      'as UTF-8 whatever charset is declared, if it is valid UTF-8',
      `${JSON_TYPE}; charset=iso-8859-1`,
      Buffer.from(JOSE),
    ],
    ['in the declared charset', `${JSON_TYPE}; charset="ISO-8859-1"`, Buffer.from(JOSE, 'latin1')],
    ['in UTF-16', `${JSON_TYPE}; charset=utf-16`, utf16],
    ['in UTF-16, big-endian', `${JSON_TYPE}; charset=utf-16`, Buffer.from(utf16).swap16()],
    ['of a type that ends in +json', 'application/vnd.acme+json ; charset=UTF-8', Buffer.from(JOSE)],
  ])('%s', async (_name, type, raw) => {
    const reply = await post(raw, { 'content-type': type });
    expect(reply.status, reply.text).toBe(201);
    expect(reply.json.first_name).toBe('José');
  });

  test.each<[string, string, string | Uint8Array, number]>([
    ['undeclared Latin-1', JSON_TYPE, Buffer.from(JOSE, 'latin1'), 400],
    ['undeclared UTF-16', JSON_TYPE, utf16, 400],
    ['truncated UTF-16', `${JSON_TYPE}; charset=utf-16le`, utf16.subarray(0, -1), 400],
    ['an unknown charset', `${JSON_TYPE}; charset=klingon`, Buffer.from(JOSE, 'latin1'), 415],
    ['nothing', JSON_TYPE, '', 400],
    ['white space', JSON_TYPE, ' ', 400],
    ['an invalid type', 'json', JOSE, 415],
    ['another type', 'text/plain', JOSE, 415],
    ['a form on a path that accepts none', 'application/x-www-form-urlencoded', 'first_name=Jane', 415],
    ['a multipart form on a path that accepts none', 'multipart/form-data; boundary=x', '--x--', 415],
  ])('%s is rejected', async (_name, type, raw, status) => {
    expect(await refusal(await post(raw, { 'content-type': type }))).toBe(status);
  });

  test('a body without a Content-Type is rejected; a chunked one, and one with Expect: 100-continue, is read', async () => {
    const { hostname, port } = new URL(s.url);
    const sent = (headers: string, body: string) =>
      new Promise<string>((resolve) => {
        const socket = connect(Number(port), hostname);
        let text = '';
        socket.on('data', (chunk) => (text += chunk.toString())).on('close', () => resolve(text));
        socket.write(
          `POST /api/v1/contacts HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${s.alice.key}\r\nconnection: close\r\n${headers}\r\n\r\n${body}`,
        );
      });
    const body = '{"first_name":"Jane"}';
    expect(await sent(`content-length: ${body.length}`, body)).toMatch(/^HTTP\/1.1 415 /);
    const chunks = `5\r\n${body.slice(0, 5)}\r\n10\r\n${body.slice(5)}\r\n0\r\n\r\n`;
    const chunked = 'content-type: application/json\r\ntransfer-encoding: chunked';
    expect(await sent(chunked, chunks)).toMatch(/^HTTP\/1.1 201 /);
    const waiting = `content-type: application/json\r\nexpect: 100-continue\r\ncontent-length: ${body.length}`;
    expect(await sent(waiting, body)).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 201 /);
  });

  test('415 names what the path accepts', async () => {
    const headers = { 'content-type': 'text/plain' };
    const contacts = await s.ask('POST', '/api/v1/contacts', { raw: 'a', headers });
    expect(contacts.headers.get('accept')).toBe('application/json');
    const leads = await s.ask('POST', '/api/v1/leads', { raw: 'a', headers });
    const types = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'];
    expect(leads.headers.get('accept')).toBe(types.join(', '));
    for (const type of types) expect(leads.json.error).toContain(type);
  });

  test('404 and 405 come first, whatever the body is', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await s.ask('POST', '/api/v1/nothing', { raw: 'a=%E9', headers })).status).toBe(404);
    expect((await s.ask('POST', '/api/v1/me', { raw: '{', headers: {} })).status).toBe(405);
  });
});

test.each([
  ['{"first_name" "secret"}', 'syntax error at position 14'],
  ['{"first_name": "secret', 'syntax error at position 22'],
  ['{"first_name":', 'it ends too early.'],
  ['{"__proto__": {}}', 'a field is called __proto__'],
  ['{"constructor": {"prototype": {}}}', 'a field is called __proto__, or constructor with a prototype.'],
])('broken JSON is a 400 that says where, without the content: %s', async (raw, problem) => {
  const { status, json } = await s.ask('POST', '/api/v1/contacts', { raw });
  expect(status).toBe(400);
  expect(json.error.message).toContain(problem);
  expect(json.error.message).not.toContain('secret');
});

describe('an invalid path or query', () => {
  test.each([
    '/%zz',
    '/%',
    '/%ff',
    '/%c0%80',
    '/%00',
    '/api/v1/contacts/%zz',
    '/api/v1/contacts/%00',
    `/api/v1/contacts/${'x'.repeat(300)}`,
    '/api/v1/leads/%ff',
    '/f/%zz',
    `/f/${'x'.repeat(300)}`,
    '/inbox/%ff',
    '/analytics/leads/%00',
  ])('%s is a 404 in the API error format, with a request id', async (path) => {
    const reply = await s.ask('GET', path, { headers: { 'x-request-id': 'mine' } });
    expect(reply.status, reply.text).toBe(404);
    expect(reply.headers.get('x-request-id')).toBe('mine');
    expect(reply.json).toEqual({
      error: { code: 'not_found', message: expect.any(String), request_id: 'mine' },
    });
  });

  test.each([
    ['/api/v1/contacts?email=Jos%E9', 'email'],
    ['/api/v1/contacts?email=100%', 'email'],
    ['/api/v1/contacts?email=%zz&limit=5', 'email'],
    ['/api/v1/me?%ff=1', '%ff'],
  ])('%s is a 400 that names the parameter', async (path, field) => {
    const reply = await s.ask('GET', path);
    expect(await refusal(reply)).toBe(400);
    expect(reply.json.error.fields).toMatchObject([{ field }]);
  });

  test('200 parameters are read, more are rejected', async () => {
    const path = (n: number) =>
      `/api/v1/contacts?${Array.from({ length: n }, (_, at) => `p${at}`).join('&')}`;
    expect((await s.ask('GET', path(200))).json.error.fields).toHaveLength(50);
    const many = await s.ask('GET', path(201));
    expect(await refusal(many)).toBe(400);
    expect(many.json.error.message).toContain('200 parameters');
  });

  test('a parameter is read as people and browsers encode it', async () => {
    await post('{"first_name":"Zoë","email":"zoë+1@acme.example"}');
    for (const sent of ['zoë%2B1@acme.example', 'zo%C3%AB%2b1%40acme.example']) {
      const { json } = await s.ask('GET', `/api/v1/contacts?email=${sent}`);
      expect(json.data, sent).toHaveLength(1);
    }
  });
});
