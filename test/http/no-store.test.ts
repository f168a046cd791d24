import { createConnection } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeMember } from '../kit/member.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario();
});
afterAll(() => s.stop());

const NOBODY = '01976d3c-0000-7000-8000-000000000000';

describe('is not stored by browsers and proxies:', () => {
  test.each<[string, string, object?]>([
    ['GET', '/api/v1/contacts'],
    ['HEAD', '/api/v1/contacts'],
    ['POST', '/api/v1/contacts', { body: { first_name: 'Jane' } }],
    ['GET', `/api/v1/contacts/${NOBODY}`],
    ['GET', '/api/v1/contacts?sneeze=1'],
    ['POST', '/api/v1/contacts', { raw: '{' }],
    ['GET', '/api/v1/contacts', { as: null }],
    ['GET', '/api/v1/nothing'],
    ['PUT', '/api/v1/contacts'],
    ['GET', '/api/v1/me'],
    ['GET', '/api/v1/session', { as: null }],
    ['POST', '/api/v1/links/open', { as: null, body: { token: 'x' } }],
    ['GET', '/api/v1/events'],
    ['GET', '/api/v1/openapi.json'],
    ['POST', '/api/v1/leads', { body: { email: 'jane@example.com' } }],
    ['GET', '/analytics/leads'],
    ['POST', '/webhooks/crm/lead', { as: null, body: {} }],
    ['POST', '/webhooks/typeform/unknown', { as: null, body: {} }],
    ['POST', '/webhooks/google-ads', { as: null, body: {} }],
    ['POST', '/f/unknown', { as: null, body: {} }],
    ['GET', '/f/unknown/session', { as: null }],
    ['POST', '/inbox/unknown', { as: null, body: {} }],
    ['POST', '/oauth/token', { as: null, body: {} }],
    ['GET', '/.well-known/oauth-authorization-server', { as: null }],
    ['GET', '/healthz'],
    ['GET', '/metrics'],
  ])('%s %s %o', async (method, path, input = {}) => {
    const reply = await s.ask(method, path, input);
    expect(reply.status).not.toBe(500);
    expect(reply.headers.get('cache-control')).toBe('no-store');
  });

  test('responses to a session, and its start and end', async () => {
    const item = await makeMember(s, 'member');
    for (const method of ['GET', 'DELETE'])
      expect((await item.ask(method, '/api/v1/session')).headers.get('cache-control')).toBe('no-store');
  });

  test('responses to data that is not HTTP', async () => {
    const { port } = new URL(s.url);
    const text = await new Promise<string>((resolve, reject) => {
      const socket = createConnection(Number(port), '127.0.0.1', () => socket.write('nonsense\r\n\r\n'));
      let all = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => (all += chunk));
      socket.on('end', () => resolve(all)).on('error', reject);
    });
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(text).toContain('cache-control: no-store');
  });
});

test('the files of the dashboard and of forms, and the reference, keep their own headers', async () => {
  const page = (await s.ask('GET', '/', { as: null, headers: { accept: 'text/html' } })).text;
  const asset = /\/assets\/[^"]+\.js/.exec(page)![0];
  const cache = async (path: string) =>
    (await s.ask('GET', path, { as: null, headers: { accept: '*/*' } })).headers.get('cache-control');
  expect(await cache(asset)).toBe('public, max-age=31536000, immutable');
  expect(await cache('/f/assets/form.css')).toBe('public, max-age=3600');
  expect(await cache('/docs/')).not.toBe('no-store');
});
