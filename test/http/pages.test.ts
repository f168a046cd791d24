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
  ])('answers %s to a browser', async (path) => {
    const page = await visit(path);
    expect(isPage(page)).toBe(true);
    expect(page.text).toContain('<div id="root">');
    expect(isPage(await visit(path, 'HEAD'))).toBe(true);
  });

  test('lets nothing come from elsewhere, nobody frame it, and no proxy keep its page', async () => {
    const { headers, text } = await visit('/');
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
        "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    );
    expect(headers.get('cache-control')).toBe('no-cache');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(text).not.toMatch(/<script(?![^>]*\ssrc=)|\son\w+=|(src|href)="(https?:)?\/\//);
  });

  test('has assets that a browser keeps for good, since their names change with them', async () => {
    const { text } = await visit('/');
    const assets = [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((match) => match[1]!);
    expect(assets.length).toBeGreaterThan(1);
    for (const asset of assets) {
      const { status, headers } = await visit(asset, 'GET', {});
      expect(status, asset).toBe(200);
      expect(headers.get('cache-control'), asset).toBe('public, max-age=31536000, immutable');
      expect(headers.get('x-content-type-options'), asset).toBe('nosniff');
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
    ['POST', '/contacts', 404],
  ])('never stands in for the JSON of %s %s', async (method, path, status) => {
    const answer = await visit(path, method);
    expect(answer.status).toBe(status);
    expect(answer.json.error.code).toBe(status === 404 ? 'not_found' : 'method_not_allowed');
  });

  test('is not what a program gets that asks for no page', async () => {
    for (const headers of [{ accept: 'application/json' }, { accept: '*/*' }]) {
      const answer = await visit('/contacts', 'GET', headers);
      expect(answer.status).toBe(404);
      expect(answer.json.error.code).toBe('not_found');
    }
  });
});

test('a process without the service web has no pages', async () => {
  const s = await startScenario({ FAIRLEAD_SERVICES: 'api,worker' });
  const answer = await s.ask('GET', '/contacts', { as: null, headers: BROWSER });
  await s.stop();
  expect(answer.status).toBe(404);
  expect(answer.json.error.code).toBe('not_found');
});
