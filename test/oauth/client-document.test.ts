import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeClientDocuments } from '../../src/oauth/client-document.ts';
import { systemClock } from '../../src/base/clock.ts';
import { makeDial } from '../../src/net/dial.ts';
import { makeGuard } from '../../src/net/egress-guard.ts';
import { makeHttpClient } from '../../src/net/http-client.ts';
import { makeResolver } from '../../src/net/resolver.ts';
import { startReceiver, TEST_CERT, type Answer, type Receiver } from '../kit/receiver.ts';

let receiver: Receiver;
let now = Date.parse('2026-11-28T12:00:00Z');
const clock = { now: () => now, monotonic: () => now };
beforeAll(async () => {
  receiver = await startReceiver({ tls: true });
});
afterAll(() => receiver.close());

function httpFor(allow: string[]) {
  const guard = makeGuard({ allow, own: () => [] });
  const resolver = makeResolver({ clock: systemClock });
  return makeHttpClient(makeDial({ guard, resolver, clock: systemClock, ca: TEST_CERT }));
}
const documents = makeClientDocuments({ http: httpFor(['127.0.0.0/8', '::1/128']), clock });
const guarded = makeClientDocuments({ http: httpFor([]), clock });
const at = (path: string) => `https://localhost:${receiver.port}${path}`;

let fetched = 0;
beforeEach(() => (fetched = 0));
const load = (url: string, from = documents) =>
  from.load(url, async () => {
    fetched += 1;
  });

/** A document as a client publishes it. */
const documentAt = (path: string, more: object = {}) => ({
  client_id: at(path),
  client_name: 'Assistant',
  redirect_uris: ['https://app.example/back'],
  token_endpoint_auth_method: 'none',
  logo_uri: 'https://app.example/logo.png',
  ...more,
});
const publish = (answer: (path: string) => Answer) => receiver.answer(({ url }) => answer(url));
const json = (body: unknown, headers: Record<string, string> = {}): Answer => ({
  headers: { 'content-type': 'application/json', ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

describe('a client ID metadata document', () => {
  test('names the app and its redirect URIs, and its host is verified', async () => {
    publish((path) => json(documentAt(path)));
    expect(await load(at('/client.json'))).toEqual({
      id: at('/client.json'),
      name: 'Assistant',
      redirectUris: ['https://app.example/back'],
      documentHost: `localhost:${receiver.port}`,
    });
    expect(receiver.received.at(-1)).toMatchObject({ method: 'GET', url: '/client.json' });
  });

  test('is remembered as long as its Cache-Control says, at most an hour', async () => {
    publish((path) => json(documentAt(path), { 'cache-control': path === '/a' ? 'max-age=60' : 'no-store' }));
    for (const path of ['/a', '/a', '/b', '/b']) await load(at(path));
    expect(fetched).toBe(3);
    now += 61_000;
    await load(at('/a'));
    expect(fetched).toBe(4);
  });

  test.each<[string, (path: string) => Answer]>([
    ['another client_id than its URL', (path) => json(documentAt(path, { client_id: at('/other') }))],
    ['another client_id than its URL', (path) => json(documentAt(path, { client_id: undefined }))],
    ['the status 404', () => ({ status: 404, body: 'no' })],
    ['the status 302', () => ({ status: 302, headers: { location: '/client.json' } })],
    ['longer than 10240 bytes', (path) => json(documentAt(path, { padding: 'x'.repeat(11_000) }))],
    ['application/json', (path) => ({ ...json(documentAt(path)), headers: { 'content-type': 'text/html' } })],
    ['not a JSON object', () => json('{"client_id":')],
    ['not a JSON object', () => json([])],
    ['cannot have a secret', (path) => json(documentAt(path, { client_secret: 'x' }))],
    [
      'cannot have a secret',
      (path) => json(documentAt(path, { token_endpoint_auth_method: 'client_secret_post' })),
    ],
    ['redirect URI', (path) => json(documentAt(path, { redirect_uris: ['http://app.example/'] }))],
    ['redirect_uris', (path) => json(documentAt(path, { redirect_uris: undefined }))],
  ])('is refused: %s', async (message, answer) => {
    publish(answer);
    await expect(load(at(`/refused-${receiver.received.length}`))).rejects.toThrow(message);
    await expect(load(at(`/refused-${receiver.received.length}`))).rejects.toMatchObject({
      code: 'invalid_client',
    });
  });

  test.each([
    'https://localhost',
    'https://localhost/',
    'https://LOCALHOST/client.json',
    'https://localhost:443/client.json',
    'https://localhost/a/../client.json',
    'https://localhost/client.json#part',
    'https://user@localhost/client.json',
    'https://',
  ])('is not fetched from %s', async (url) => {
    await expect(load(url)).rejects.toThrow('normal form');
    expect(fetched).toBe(0);
  });

  test.each([
    'https://localhost/a',
    'https://127.0.0.1/a',
    'https://169.254.169.254/a',
    'https://[::1]/a',
    'https://10.0.0.1/a',
  ])('is not fetched from a private address: %s', async (url) => {
    await expect(load(url, guarded)).rejects.toThrow(/could not be fetched: the host points to/);
  });
});
