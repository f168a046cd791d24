import { readdir, readFile } from 'node:fs/promises';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startScenario, type Reply, type Scenario } from '../kit/scenario.ts';

const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

describe('the dashboard', () => {
  let s: Scenario;
  beforeAll(async () => {
    s = await startScenario();
  });
  afterAll(() => s.stop());

  const visit = (path: string, method = 'GET', headers: Record<string, string> = BROWSER) =>
    s.ask(method, path, { as: null, headers });
  const isPage = ({ status, headers }: Reply) =>
    status === 200 && headers.get('content-type') === 'text/html; charset=utf-8';

  test.each([
    '/',
    '/contacts',
    '/contacts/01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21?edit=1',
    '/apidays',
    '/no/such/page',
  ])('returns %s to a browser', async (path) => {
    const page = await visit(path);
    expect(isPage(page)).toBe(true);
    expect(page.text).toContain('<div id="root">');
    expect(isPage(await visit(path, 'HEAD'))).toBe(true);
  });

  test('loads nothing from elsewhere, cannot be framed, and its page is not cached by proxies', async () => {
    const { headers, text } = await visit('/');
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
        "font-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    );
    expect(headers.get('cache-control')).toBe('no-cache');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(text).not.toMatch(/<script(?![^>]*\ssrc=)|\son\w+=|(src|href)="(https?:)?\/\//);
  });

  const named = async () => {
    const { text } = await visit('/');
    return [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((match) => match[1]!);
  };

  test('has assets that a browser caches forever, since their names contain a hash', async () => {
    const assets = await named();
    expect(assets.length).toBeGreaterThan(1);
    for (const asset of assets) {
      const { status, headers } = await visit(asset, 'GET', {});
      expect(status, asset).toBe(200);
      expect(headers.get('cache-control'), asset).toBe('public, max-age=31536000, immutable');
      expect(headers.get('x-content-type-options'), asset).toBe('nosniff');
    }
  });

  test('returns an asset in the best coding that the client accepts, and the same bytes in each', async () => {
    /** The undecoded response. */
    const get = async (asset: string, headers: Record<string, string>, method: 'GET' | 'HEAD' = 'GET') => {
      const answer = await request(s.url + asset, { method, headers });
      return { ...answer, bytes: Buffer.from(await answer.body.arrayBuffer()) };
    };
    const types = {
      js: 'text/javascript; charset=utf-8',
      css: 'text/css; charset=utf-8',
      svg: 'image/svg+xml',
    };
    for (const asset of await named()) {
      const plain = await get(asset, {});
      expect(plain.headers, asset).not.toHaveProperty('content-encoding');
      expect(plain.headers['content-type']).toBe(types[asset.split('.').at(-1) as 'js']);
      for (const [accepted, coding, decode] of [
        ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
        ['*', 'br', brotliDecompressSync],
        ['br;q=0, *;q=0.5', 'gzip', gunzipSync],
        ['gzip, deflate', 'gzip', gunzipSync],
        ['deflate, br;q=0', undefined, (bytes: Buffer) => bytes],
        ['identity', undefined, (bytes: Buffer) => bytes],
      ] as const) {
        const headers = { 'accept-encoding': accepted };
        const coded = await get(asset, headers);
        expect(coded.headers['content-encoding'], accepted).toBe(coding);
        expect(coded.headers['vary']).toBe('accept-encoding');
        expect(coded.headers['content-length']).toBe(String(coded.bytes.length));
        expect(decode(coded.bytes).equals(plain.bytes), accepted).toBe(true);

        const etag = coded.headers['etag'] as string;
        expect(etag === plain.headers['etag'], accepted).toBe(coding === undefined);
        const again = await get(asset, { ...headers, 'if-none-match': etag });
        expect([again.statusCode, again.bytes.length]).toEqual([304, 0]);
        const head = await get(asset, headers, 'HEAD');
        expect([head.statusCode, head.bytes.length]).toEqual([200, 0]);
        expect(head.headers['content-length']).toBe(coded.headers['content-length']);
      }
    }
  });

  test.each([
    ['GET', '/api/v1/nothing', 404],
    ['GET', '/api', 404],
    ['DELETE', '/api/v1/me', 405],
    ['GET', '/webhooks/nothing', 404],
    ['GET', '/analytics/nothing', 404],
    ['GET', '/docs/nothing/at/all', 404],
    ['POST', '/healthz', 405],
    ['GET', '/assets/nothing.js', 404],
    ['GET', '/assets/..%2findex.html', 404],
    ['GET', '/assets/__proto__', 404],
    ['GET', '/assets/', 404],
    ['POST', '/assets/nothing.js', 405],
    ['POST', '/contacts', 404],
  ])('never replaces the JSON of %s %s', async (method, path, status) => {
    const answer = await visit(path, method);
    expect(answer.status).toBe(status);
    expect(answer.json.error.code).toBe(status === 404 ? 'not_found' : 'method_not_allowed');
  });

  test('RX5: the page of a lead is returned to clients that accept anything, such as curl or a link preview', async () => {
    for (const accept of ['*/*', 'text/*', 'text/html', 'image/webp, */*;q=0.1'])
      for (const method of ['GET', 'HEAD']) {
        const page = await visit('/leads/01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c81', method, { accept });
        expect(isPage(page), accept).toBe(true);
        expect(page.headers.get('vary')).toBe('accept');
      }
    // fetch always sends an Accept header.
    const bare = await request(`${s.url}/leads/01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c81`);
    expect([bare.statusCode, bare.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    await bare.body.dump();
  });

  test('every path of its own is such a page', async () => {
    const web = new URL('../../web/', import.meta.url);
    const names = (await readdir(web, { recursive: true })).filter((name) => /\bpages\.ts$/.test(name));
    const tables = await Promise.all(names.map((name) => readFile(new URL(name, web), 'utf8')));
    const paths = tables.flatMap((table) =>
      [...table.matchAll(/^ {4}path: '([^']+)'/gm)].map((match) => match[1]!),
    );
    expect(paths.length).toBeGreaterThan(30);
    for (const path of paths)
      expect(
        isPage(
          await visit(path.replace('$plural', 'contacts').replace('$id', 'x'), 'GET', { accept: '*/*' }),
        ),
        path,
      ).toBe(true);
  });

  test.each([
    ['/contacts', 'application/json'],
    ['/contacts', 'application/json, text/plain, */*'],
    ['/contacts', 'application/vnd.api+json, */*;q=0.1'],
    ['/contacts', 'text/html;q=0, application/json'],
    ['/contacts', 'image/png'],
    ['/v1/contacts', '*/*'],
    ['/favicon.ico', '*/*'],
    ['/leads/robots.txt', '*/*'],
    ['/api/v1/leads/nothing', '*/*'],
    ['/analytics/leads', '*/*'],
    ['/webhooks', '*/*'],
  ])('is not returned to a program that asks for no page: %s as %s', async (path, accept) => {
    const answer = await visit(path, 'GET', { accept });
    expect([401, 404]).toContain(answer.status);
    expect(answer.json.error.code).toMatch(/^(not_found|unauthorized)$/);
  });
});

test('a process without the service web has no pages', async () => {
  const s = await startScenario({ FAIRLEAD_SERVICES: 'api,worker' });
  const answer = await s.ask('GET', '/contacts', { as: null, headers: BROWSER });
  await s.stop();
  expect(answer.status).toBe(404);
  expect(answer.json.error.code).toBe('not_found');
});
