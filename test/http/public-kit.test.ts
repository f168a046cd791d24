import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assemble } from '../../src/app.ts';
import { makeSealer } from '../../src/base/seal.ts';
import { readConfig } from '../../src/config.ts';
import { html } from '../../src/http/public/html.ts';
import { makePageTokens } from '../../src/http/public/page-session.ts';
import { makePageVisits, type PageVisits } from '../../src/http/public/page-visits.ts';
import { makeProofsOfWork } from '../../src/http/public/proof-of-work.ts';
import {
  CONTROLS,
  frameOf,
  hiddenFields,
  honeypot,
  messagePage,
  publicPage,
} from '../../src/http/public/public-page.ts';
import { PublicRoutes, sendPage } from '../../src/http/public/public-routes.ts';
import { makeTokenSigner } from '../../src/http/public/signed-token.ts';
import { makeVisitorLimit } from '../../src/http/public/visitor-limit.ts';
import { freshDatabase, silent, type TestDatabase } from '../kit/database.ts';

const SITE = 'https://www.acme.example';
const PAGE_ID = '01976d3c-0000-7000-8000-000000000001';
const WORKSPACE_ID = '01976d3c-0000-7000-8000-000000000002';
const FILES = { stylesheet: '/f/assets/form.css', script: '/f/assets/form.js' };
const KEY = Buffer.alloc(32, 3);

let database: TestDatabase;
let app: FastifyInstance;
let close: () => Promise<unknown>;
let now = Date.parse('2026-11-27T12:00:00Z');
const clock = { now: () => now, monotonic: () => now };
let visits: PageVisits;
let received: unknown[] = [];

beforeAll(async () => {
  database = await freshDatabase();
  const config = readConfig({});
  const product = assemble({ config, db: database.db, sealer: makeSealer(Buffer.alloc(32, 7)), log: silent });
  app = await product.server();
  // A table of its own, as the next kind of page brings one.
  await database.db.pool
    .query(`create table guest_book_visitor (workspace_id uuid, book_id uuid, subject bytea,
    since timestamptz(3) not null, count integer not null, primary key (workspace_id, book_id, subject))`);
  visits = makePageVisits({
    tokens: makePageTokens(KEY, clock),
    proofs: makeProofsOfWork(KEY),
    limit: makeVisitorLimit(
      { table: 'guest_book_visitor', pageColumn: 'book_id', kind: 'guest book' },
      { db: database.db, clock },
    ),
    clock,
  });
  mountGuestBook(app);
  app.get('/throwaway/fixed/:id', () => 'here');
  app.get('/throwaway/:workspace/:slug', () => 'here');
  app.get('/settings/throwaway', () => 'here');
  await app.ready();
  close = async () => {
    await app.close();
    await product.close();
    await database.drop();
  };
});
afterAll(() => close());

/** A page that has nothing to do with forms: it takes a name, by form only. */
function mountGuestBook(server: FastifyInstance): void {
  const routes = new PublicRoutes(server, {
    publicUrl: '',
    refusalPage: ({ status }, message) => messagePage(`Refused (${status})`, message, FILES),
    forbiddenSite: 'Not from this site.',
  });
  const addresses = { redirect_url: null, allowed_origins: [SITE] };
  routes.page('/guest-book', async (request, reply) => {
    const query = request.query as Record<string, unknown>;
    const { token, challenge } = await visits.open(PAGE_ID);
    const body = html`<form method="post" data-challenge="${JSON.stringify(challenge)}">
      ${honeypot.field(honeypot.nameFor(['website']))}${hiddenFields({ [CONTROLS.token]: token })}
      <input name="name" value="${query['name'] as string}" />
    </form>`;
    return sendPage(reply, addresses, 200, publicPage('Guest book', body, frameOf(query), FILES));
  });
  routes.page('/guest-book/live', async (_request, reply) =>
    sendPage(reply, addresses, 200, messagePage('Live', 'Its script reads the latest names.', FILES), {
      mayFetch: true,
    }),
  );
  routes.submission('/guest-book', {
    async form(request, reply) {
      routes.checkOrigin(request, reply, addresses);
      const fields = request.form ?? {};
      const session = visits.sessionOf(PAGE_ID, fields);
      if (!session) return sendPage(reply, addresses, 400, messagePage('Once more', 'Expired.', FILES));
      const reasons = await visits.check({
        workspaceId: WORKSPACE_ID,
        pageId: PAGE_ID,
        session,
        fields,
        address: request.ip,
        honeypot: fields['homepage'],
        emails: [],
        requiresProof: false,
      });
      received.push({ name: fields['name'], reasons });
      return reply.redirect('/guest-book', 303);
    },
  });
}

async function opened(search = '') {
  const page = await app.inject({ url: `/guest-book${search}` });
  return { page, token: /name="_token" value="([^"]+)"/.exec(page.body)![1]! };
}

function sent(fields: Record<string, string>, headers: Record<string, string> = {}) {
  return app.inject({
    method: 'POST',
    url: '/guest-book',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: new URLSearchParams(fields).toString(),
  });
}

describe('a page that is no form uses the kit', () => {
  test('it works without JavaScript, escapes values and allows nothing inline', async () => {
    const { page, token } = await opened('?name=%22%3E%3Cscript%3E&embed=1&scheme=dark');
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('value="&quot;&gt;&lt;script&gt;"');
    expect(page.body).toContain('<body class="embedded">');
    expect(page.body).toContain('name="homepage"');
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`frame-ancestors 'self' ${SITE}`);
    expect(policy).not.toContain('unsafe');
    now += 10_000;
    const answer = await sent({ name: 'Jane', [CONTROLS.token]: token });
    expect([answer.statusCode, answer.headers.location]).toEqual([303, '/guest-book']);
    expect(received).toEqual([{ name: 'Jane', reasons: [] }]);
  });

  test('only a page that asks for it may fetch, and only from this installation', async () => {
    const policyOf = async (url: string) =>
      String((await app.inject({ url })).headers['content-security-policy']).split('; ');
    const policy = await policyOf('/guest-book');
    expect(policy.filter((rule) => rule.startsWith('connect-src'))).toEqual([]);
    const live = await policyOf('/guest-book/live');
    expect(live.filter((rule) => rule.startsWith('connect-src'))).toEqual(["connect-src 'self'"]);
    expect(live.filter((rule) => !rule.startsWith('connect-src'))).toEqual(policy);
  });

  test('the spam check finds a filled honeypot and a page that was sent at once', async () => {
    received = [];
    const { token } = await opened();
    await sent({ name: 'Bot', homepage: 'x', [CONTROLS.token]: token });
    expect(received).toEqual([{ name: 'Bot', reasons: ['honeypot', 'too_fast'] }]);
  });

  test('a refusal is a page for a browser, and the API error for JSON', async () => {
    const evil = await sent({}, { origin: 'https://evil.example' });
    expect([evil.statusCode, evil.headers['content-type']]).toEqual([403, 'text/html; charset=utf-8']);
    expect(evil.body).toContain('Not from this site.');
    const unreadable = await sent({}, { 'content-type': 'text/plain' });
    expect([unreadable.statusCode, unreadable.headers['content-type']]).toEqual([
      415,
      'text/html; charset=utf-8',
    ]);
    const headers = { 'content-type': 'application/json' };
    const json = await app.inject({ method: 'POST', url: '/guest-book', headers, payload: '{}' });
    expect([json.statusCode, json.json().error.code]).toEqual([415, 'unsupported_media_type']);
  });

  test('a network that sends more than 100 in an hour is refused with Retry-After', async () => {
    await database.db.pool.query('update guest_book_visitor set count = 100');
    const { token } = await opened();
    const refused = await sent({ name: 'Jane', [CONTROLS.token]: token });
    expect(refused.statusCode).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3500);
    now += 3_601_000;
    const { token: later } = await opened();
    expect((await sent({ name: 'Jane', [CONTROLS.token]: later })).statusCode).toBe(303);
  });

  test('its routes are not in the document of the API', async () => {
    const { paths } = (await app.inject({ url: '/api/v1/openapi.json' })).json();
    expect(Object.keys(paths).filter((path) => path.includes('guest'))).toEqual([]);
  });
});

describe('signed tokens', () => {
  const signer = makeTokenSigner(KEY);

  test('are valid for their subject and key only', () => {
    const token = signer.sign('unsubscribe', '01976d3c.weekly news');
    expect(signer.read('unsubscribe', token)).toBe('01976d3c.weekly news');
    expect(signer.read('other', token)).toBeNull();
    expect(makeTokenSigner(Buffer.alloc(32, 4)).read('unsubscribe', token)).toBeNull();
    // Not the last character: of base64url it has bits that mean nothing.
    for (let at = 0; at < token.length - 1; at += 1) {
      const changed = token.slice(0, at) + (token[at] === 'x' ? 'y' : 'x') + token.slice(at + 1);
      expect(signer.read('unsubscribe', changed), changed).toBeNull();
    }
    for (const none of [undefined, null, 1, {}, ['a'], '', '.', 'a.b', `${'a'.repeat(5000)}${token}`])
      expect(signer.read('unsubscribe', none)).toBeNull();
  });

  test('a form token that 0.1.0 issued keeps working for a day', () => {
    // Read by 0.1.0 with a key of 32 bytes 7, for this form, at this time.
    const issued = Date.parse('2026-11-27T12:00:00Z');
    const token = 'mwyxitc0.AAECAwQFBgcICQoLDA0ODw.sDMh7_tzsI3vP9jkSp6bpwskizu3Jnv_xJRj-V814fQ';
    const formId = '01976d3c-0000-7000-8000-000000000003';
    const readAt = (ms: number) =>
      makePageTokens(makeSealer(Buffer.alloc(32, 7)).derive('form token'), {
        now: () => ms,
        monotonic: () => ms,
      }).read(formId, token);
    expect(readAt(issued + 3_600_000)).toEqual({ nonce: 'AAECAwQFBgcICQoLDA0ODw', openedAt: issued });
    expect(readAt(issued + 24 * 3_600_000)).toBeNull();
  });
});

describe('reserved paths', () => {
  test('the first segment of a mounted route is reserved, and never shows the dashboard', async () => {
    expect(app.reservedPaths.has('throwaway')).toBe(true);
    expect(app.reservedPaths.has('throw')).toBe(false);
    const accept = { accept: 'text/html' };
    const below = await app.inject({ url: '/throwaway/nothing/at/all', headers: accept });
    expect([below.statusCode, below.json().error.code]).toEqual([404, 'not_found']);
    const other = await app.inject({ url: '/throw/nothing', headers: accept });
    expect([other.statusCode, other.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  });

  test('a route below a page of the dashboard does not hide the other pages there', async () => {
    const other = await app.inject({ url: '/settings/webhooks', headers: { accept: 'text/html' } });
    expect([other.statusCode, other.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  });

  test('a fixed segment beside a parameter is reserved at its place', () => {
    const { has } = app.reservedPaths;
    expect(has('fixed', '/throwaway')).toBe(true);
    expect(has('acme', '/throwaway')).toBe(false);
    expect(has('assets', '/f')).toBe(true);
    expect(has('thanks', '/f/acme')).toBe(true);
    expect(has('intro', '/f/acme')).toBe(false);
  });

  test('what 0.1.0 reserved stays reserved in a process that mounts nothing of it', async () => {
    const config = readConfig({ FAIRLEAD_SERVICES: 'worker' });
    const sealer = makeSealer(Buffer.alloc(32, 7));
    const worker = assemble({ config, db: database.db, sealer, log: silent });
    const server = await worker.server();
    for (const name of (
      'api webhooks healthz readyz metrics docs analytics assets inbox f ' +
      'sign-in forgot-password setup invitation reset-password contacts companies deals tasks leads forms settings'
    ).split(' '))
      expect(server.reservedPaths.has(name), name).toBe(true);
    expect(server.reservedPaths.has('throwaway')).toBe(false);
    await server.close();
    await worker.close();
  });
});
