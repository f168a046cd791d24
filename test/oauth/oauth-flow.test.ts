import {
  Client,
  StreamableHTTPClientTransport,
  UnauthorizedError,
  type OAuthClientProvider,
} from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAccounts } from '../../src/accounts.ts';
import { makeCallers } from '../../src/account/caller.ts';
import { makeSealer } from '../../src/base/seal.ts';
import { KEY_STYLES, SCOPES } from '../../src/catalogue.ts';
import { readConfig } from '../../src/config.ts';
import { makeFoundation } from '../../src/foundation.ts';
import { makeServer } from '../../src/http/server.ts';
import { makeDial } from '../../src/net/dial.ts';
import { makeGuard } from '../../src/net/egress-guard.ts';
import { makeHttpClient } from '../../src/net/http-client.ts';
import { makeResolver } from '../../src/net/resolver.ts';
import { mountOAuth } from '../../src/oauth/oauth-server.ts';
import { silent } from '../kit/database.ts';
import { mcpClient } from '../kit/mcp-client.ts';
import { makeMember, type SignedIn } from '../kit/member.ts';
import {
  connectApp,
  consent,
  makeVerifier,
  openPage,
  REDIRECT,
  registerApp,
  requestOf,
  sendForm,
  submitPage,
  type Parameters,
} from '../kit/oauth-app.ts';
import { startReceiver, TEST_CERT } from '../kit/receiver.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let owner: SignedIn;
let member: SignedIn;
beforeAll(async () => {
  s = await startScenario();
  owner = await makeMember(s, 'owner', { name: 'Alice Archer' });
  member = await makeMember(s, 'member');
});
afterAll(() => s.stop());

const tokenRequest = (fields: Parameters) => sendForm(s.url, '/oauth/token', fields);
const authorizeUrl = (request: Parameters) =>
  `${s.url}/oauth/authorize?${new URLSearchParams(request).toString()}`;
const statusAtMcp = async (key: string) =>
  (await s.ask('POST', '/mcp', { as: key, body: { jsonrpc: '2.0', id: 1, method: 'ping' } })).status;
const audited = async () => (await s.ask('GET', '/api/v1/audit')).json.data as Stored[];

// What the client stores has many shapes.
// oxlint-disable-next-line typescript/no-explicit-any
type Stored = Record<string, any>;

/** The storage of an MCP client, as an application keeps it. */
function makeProvider(redirect: string) {
  const stored: Stored = {};
  const keep = (name: string) => (value: unknown) => void (stored[name] = value);
  const provider: OAuthClientProvider = {
    redirectUrl: redirect,
    clientMetadata: {
      client_name: 'Protocol client',
      redirect_uris: [redirect],
      grant_types: ['authorization_code', 'refresh_token'],
    },
    state: () => 'the-state',
    clientInformation: () => stored['client'],
    saveClientInformation: keep('client'),
    tokens: () => stored['tokens'],
    saveTokens: keep('tokens'),
    redirectToAuthorization: (url) => keep('url')(url.href),
    saveCodeVerifier: keep('verifier'),
    codeVerifier: () => stored['verifier'],
    discoveryState: () => stored['discovery'],
    saveDiscoveryState: keep('discovery'),
    invalidateCredentials: (what) => void delete stored[what],
  };
  return { provider, stored };
}

describe("AN14, EC1: the protocol's own client", () => {
  test('finds the server, registers, is allowed, calls a tool, refreshes, and stops when it is revoked', async () => {
    const { provider, stored } = makeProvider('http://127.0.0.1:4711/callback');
    const transport = () =>
      new StreamableHTTPClientTransport(new URL(`${s.url}/mcp`), { authProvider: provider });
    const client = () => new Client({ name: 'test', version: '1' });
    const first = transport();
    await expect(client().connect(first)).rejects.toThrow(UnauthorizedError);
    // It asks for a refresh token and for consent.
    expect(new URL(stored['url']).searchParams.get('scope')).toBe('read write send delete offline_access');

    // Not signed in: to sign in, and back to exactly this page.
    const signedOut = await openPage(stored['url']);
    expect(signedOut.status).toBe(302);
    const { pathname, searchParams } = new URL(signedOut.headers.get('location')!, s.url);
    expect(pathname).toBe('/sign-in');
    expect(s.url + searchParams.get('next')!).toBe(stored['url']);

    const page = await openPage(stored['url'], owner.cookie);
    expect(page.status).toBe(200);
    expect(page.text).toContain('Connect Protocol client to your CRM?');
    expect(page.text).toContain('a program on your computer (127.0.0.1:4711)');
    const { location } = await submitPage(s.url, page.text, { cookie: owner.cookie });
    const back = new URL(location!);
    expect(back.origin + back.pathname).toBe('http://127.0.0.1:4711/callback');
    expect(back.searchParams.get('state')).toBe('the-state');
    await first.finishAuth(back.searchParams);

    const agent = client();
    await agent.connect(transport());
    const made = await agent.callTool({
      name: 'create',
      arguments: { type: 'contact', values: { first_name: 'Jane' } },
    });
    expect(made.isError, JSON.stringify(made.content)).not.toBe(true);
    const before = stored['tokens'];
    await s.db.pool.query(
      "update oauth_token set expires_at = now() - interval '1 second' where kind = 'access'",
    );
    const { tools } = await agent.listTools();
    expect(tools.map(({ name }) => name)).toContain('undo');
    expect(stored['tokens'].refresh_token).not.toBe(before.refresh_token);

    const { data } = (await owner.ask('GET', '/api/v1/authorized-apps')).json;
    const app = data.find(({ name }: { name: string }) => name === 'Protocol client');
    expect(app).toMatchObject({ host: '127.0.0.1:4711', scope: 'read write' });
    expect((await owner.ask('DELETE', `/api/v1/authorized-apps/${app.id}`)).status).toBe(204);
    expect(await statusAtMcp(stored['tokens'].access_token)).toBe(401);
    // The client tries to refresh, and then asks for consent again.
    await expect(agent.listTools()).rejects.toThrow(UnauthorizedError);
    expect(stored['tokens']).toBeUndefined();
    await agent.close();
  });
});

describe('the metadata', () => {
  test('names the endpoints, and a refused request says where it is', async () => {
    const get = async (path: string) => (await s.ask('GET', path, { as: null })).json;
    const resource = await get('/.well-known/oauth-protected-resource/mcp');
    expect(resource).toMatchObject({ resource: `${s.url}/mcp`, authorization_servers: [s.url] });
    expect(await get('/.well-known/oauth-protected-resource')).toEqual(resource);
    expect(await get('/.well-known/oauth-authorization-server')).toMatchObject({
      issuer: s.url,
      token_endpoint: `${s.url}/oauth/token`,
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['none'],
      client_id_metadata_document_supported: true,
      authorization_response_iss_parameter_supported: true,
    });
    const challenge = async (as: string | null) =>
      (await s.ask('POST', '/mcp', { as, body: {} })).headers.get('www-authenticate');
    const where = `resource_metadata="${s.url}/.well-known/oauth-protected-resource/mcp", scope="read write send delete"`;
    expect(await challenge(null)).toBe(`Bearer ${where}`);
    expect(await challenge('fl_live_00000000000000000000000000000000')).toBe(
      `Bearer error="invalid_token", ${where}`,
    );
    expect(await challenge(`fl_access_${'a'.repeat(43)}`)).toBe(`Bearer error="invalid_token", ${where}`);
    // Elsewhere nothing changed.
    const elsewhere = await s.ask('GET', '/api/v1/me', { as: null });
    expect(elsewhere.headers.get('www-authenticate')).toBe('Bearer');
  });

  test('without a public URL, only this machine decides how the server is called', async () => {
    const { json } = await s.server
      .inject({ url: '/.well-known/oauth-protected-resource', headers: { host: 'evil.example' } })
      .then((reply) => ({ json: reply.json() }));
    expect(json.resource).toBe(`${s.url}/mcp`);
  });
});

describe('the page of a person', () => {
  let clientId: string;
  let request: Parameters;
  beforeAll(async () => {
    clientId = await registerApp(s.url, { client_name: '<b>Claude</b> "AI"' });
    request = requestOf(s.url, clientId, makeVerifier().challenge);
  });

  test('names the app, its host, the workspaces and the rights, loads nothing else and cannot be framed', async () => {
    const { text, headers } = await openPage(authorizeUrl(request), owner.cookie);
    expect(text).toContain('&lt;b&gt;Claude&lt;/b&gt; &quot;AI&quot;');
    expect(text).not.toContain('<b>');
    expect(text).toContain('<dd>app.example</dd>');
    expect(text).toContain('Not verified: the app named itself');
    expect(text).toContain('Alice Archer');
    expect(text).not.toContain('Elsewhere');
    expect(text).not.toContain('<script');
    const policy = headers.get('content-security-policy')!;
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("form-action 'self' https://app.example");
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test('always asks, also for an app that was allowed before', async () => {
    expect((await consent(s.url, owner, request)).get('code')).toBeTruthy();
    const again = await openPage(authorizeUrl(request), owner.cookie);
    expect(again.status).toBe(200);
    expect(again.text).toContain('Allow access');
  });

  test('a refusal leads back to the app, with its state and the issuer', async () => {
    const answer = await consent(s.url, owner, request, { decision: 'deny' });
    expect(Object.fromEntries(answer)).toMatchObject({ error: 'access_denied', state: 'a b&c', iss: s.url });
    expect(answer.has('code')).toBe(false);
  });

  test('the form of another site, session, request or time allows nothing', async () => {
    const { text } = await openPage(authorizeUrl(request), owner.cookie);
    const submit = (more: object) => submitPage(s.url, text, { cookie: owner.cookie, ...more });
    expect((await submit({ headers: { origin: 'https://app.example' } })).status).toBe(403);
    expect((await submit({ headers: { origin: 'null' } })).status).toBe(403);
    const changed = await submit({ changes: { scope: 'read' } });
    expect([changed.status, changed.location]).toEqual([400, null]);
    expect(changed.text).toContain('Please check it once more');
    expect((await submit({ changes: { _token: '' } })).location).toBeNull();
    expect((await submit({ cookie: member.cookie })).location).toBeNull();
    expect((await submit({ cookie: 'fairlead_session=x' })).location).toMatch(
      /^\/sign-in\?next=%2Foauth%2Fauthorize/,
    );
    expect((await submit({})).location).toMatch(/^https:\/\/app\.example\/callback\?code=/);
  });

  test.each<[string, Parameters]>([
    ['a limit', { writes_per_hour: '0' }],
    ['a limit', { writes_per_hour: 'many' }],
    ['a type of records', { objects: 'nothing' }],
    ['a workspace', { workspace_id: 'x' }],
  ])('without %s it asks once more', async (_what, changes) => {
    const { text } = await openPage(authorizeUrl(request), owner.cookie);
    const reply = await submitPage(s.url, text, { cookie: owner.cookie, changes });
    expect([reply.status, reply.location]).toEqual([400, null]);
    expect(reply.text).toContain('role="alert"');
  });

  test('a workspace that the person is no member of', async () => {
    const { text } = await openPage(authorizeUrl(request), owner.cookie);
    const changes = { workspace_id: s.charlie.workspaceId };
    const reply = await submitPage(s.url, text, { cookie: owner.cookie, changes });
    expect([reply.status, reply.location]).toEqual([403, null]);
    expect(reply.text).toContain('not a member');
  });
});

describe('an authorization request is refused', () => {
  let clientId: string;
  beforeAll(async () => {
    clientId = await registerApp(s.url, { redirect_uris: [REDIRECT, 'http://127.0.0.1/callback'] });
  });

  test.each<[string, Parameters]>([
    ['an unknown app', { client_id: '01976d3c-0000-7000-8000-000000000000' }],
    ['no app', { client_id: '' }],
    ['no app', { client_id: "' or 1=1" }],
    ['a document at a private address', { client_id: 'https://localhost:1/client.json' }],
    ['a redirect to another host', { redirect_uri: 'https://evil.example/callback' }],
    ['a redirect to another path', { redirect_uri: `${REDIRECT}/more` }],
    ['a redirect by a script', { redirect_uri: 'javascript:alert(1)' }],
    ['no redirect, of several', { redirect_uri: '' }],
  ])('%s: never with a redirect or a link', async (_what, change) => {
    const request = { ...requestOf(s.url, clientId, makeVerifier().challenge), ...change };
    const { status, text, headers } = await openPage(authorizeUrl(request), owner.cookie);
    expect(status).toBe(400);
    expect(headers.get('location')).toBeNull();
    expect(text).not.toContain('<a ');
    expect(text).not.toContain('<form');
  });

  test.each<[string, Parameters, string]>([
    ['the method plain', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['no method', { code_challenge_method: '' }, 'invalid_request'],
    ['no challenge', { code_challenge: '' }, 'invalid_request'],
    ['a token instead of a code', { response_type: 'token' }, 'unsupported_response_type'],
    ['another resource', { resource: 'https://other.example/mcp' }, 'invalid_target'],
    ['the API as the resource', { resource: 'https://other.example/api/v1' }, 'invalid_target'],
    ['a scope of administrators', { scope: 'read keys:manage' }, 'invalid_scope'],
    ['no page', { prompt: 'none' }, 'access_denied'],
  ])('%s: the app gets the error by a link', async (_what, change, code) => {
    const request = { ...requestOf(s.url, clientId, makeVerifier().challenge), ...change };
    const { status, text, headers } = await openPage(authorizeUrl(request), owner.cookie);
    expect([status, headers.get('location')]).toEqual([400, null]);
    const link = /href="(https:[^"]+)"/
      .exec(text.slice(text.indexOf('<main>')))![1]!
      .replaceAll('&amp;', '&');
    expect(link.startsWith(`${REDIRECT}?`)).toBe(true);
    expect(Object.fromEntries(new URL(link).searchParams)).toMatchObject({
      error: code,
      iss: s.url,
      state: 'a b&c',
    });
  });

  test('a parameter that is sent twice', async () => {
    const request = requestOf(s.url, clientId, makeVerifier().challenge);
    const reply = await openPage(`${authorizeUrl(request)}&state=x`, owner.cookie);
    expect(reply.status).toBe(400);
  });
});

describe('the key of an app', () => {
  test('is that of an agent with the budget and the rights that the person chose', async () => {
    const { tokens } = await connectApp(s.url, owner, {
      allow: ['write', 'delete'],
      writes_per_hour: '2',
      objects: ['contacts', 'deals'],
    });
    expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'read write delete' });
    const agent = await mcpClient(s, tokens.access_token);
    const { agent: limits, scopes } = await agent.call('schema');
    expect(limits).toEqual({ writes_per_hour: 2, deletes: true, objects: ['contacts', 'deals'] });
    expect(scopes).toEqual(['contacts:read', 'contacts:write', 'deals:read', 'deals:write']);
    for (const first_name of ['A', 'B'])
      await agent.call('create', { type: 'contact', values: { first_name } });
    expect((await agent.refusal('create', { type: 'contact', values: { first_name: 'C' } })).error.code).toBe(
      'rate_limited',
    );
    await agent.close();
    const [key] = (await s.ask('GET', '/api/v1/api-keys')).json.data;
    expect(key).toMatchObject({
      name: 'Assistant',
      kind: 'agent',
      state: 'active',
      budget: { writes_per_hour: 2, deletes: true, objects: ['contacts', 'deals'] },
      app: { name: 'Assistant', host: 'app.example', scope: 'read write delete' },
      maker: { id: owner.id },
    });
    const created = (await audited()).find(({ object_id: id }) => id === key.id);
    expect(created).toMatchObject({
      action: 'api_key.created',
      actor: { id: owner.id },
      details: { kind: 'agent' },
    });
    expect(
      (await s.ask('PATCH', `/api/v1/api-keys/${key.id}`, { body: { expires_in_days: 90 } })).status,
    ).toBe(400);
    expect((await s.ask('DELETE', `/api/v1/api-keys/${key.id}`)).status).toBe(204);
    expect(await statusAtMcp(tokens.access_token)).toBe(401);
    expect(
      (
        await tokenRequest({
          grant_type: 'refresh_token',
          refresh_token: tokens.refresh_token,
          client_id: key.app.client_id,
        })
      ).json.error,
    ).toBe('invalid_grant');
  });

  test('that may read does not write, and no app gets more than its person', async () => {
    const { tokens } = await connectApp(s.url, member, { allow: [] });
    const agent = await mcpClient(s, tokens.access_token);
    expect((await agent.tools()).map(({ name }) => name)).toEqual([
      'search',
      'get',
      'list',
      'timeline',
      'schema',
    ]);
    await agent.close();
    const ofMember = await connectApp(s.url, member, { allow: ['write', 'send', 'delete'] });
    const scopes = (await s.ask('GET', '/api/v1/api-keys')).json.data[0].scopes as string[];
    const hers = (await member.ask('GET', '/api/v1/session')).json.scopes as string[];
    expect(scopes.filter((scope) => !hers.includes(scope))).toEqual([]);
    expect(ofMember.tokens.scope).toBe('read write send delete');
    // Others do not end it, and do not see it.
    expect((await owner.ask('GET', '/api/v1/authorized-apps')).text).not.toContain(ofMember.clientId);
    const [app] = (await member.ask('GET', '/api/v1/authorized-apps')).json.data;
    expect((await owner.ask('DELETE', `/api/v1/authorized-apps/${app.id}`)).status).toBe(404);
    expect((await s.ask('GET', '/api/v1/authorized-apps')).status).toBe(403);
    expect((await member.ask('DELETE', `/api/v1/authorized-apps/${s.alice.keyId}`)).status).toBe(404);
  });

  test('has nothing that the app did not ask for, whatever is sent', async () => {
    const clientId = await registerApp(s.url);
    const { verifier, challenge } = makeVerifier();
    const request = requestOf(s.url, clientId, challenge, { scope: 'read' });
    const code = (await consent(s.url, owner, request, { allow: ['write', 'delete'] })).get('code')!;
    const exchange = { grant_type: 'authorization_code', client_id: clientId, code, code_verifier: verifier };
    expect((await tokenRequest(exchange)).json.scope).toBe('read');
  });

  test('is valid at /mcp only', async () => {
    const { tokens } = await connectApp(s.url, owner);
    expect(await statusAtMcp(tokens.access_token)).not.toBe(401);
    expect((await s.ask('GET', '/api/v1/contacts', { as: tokens.access_token })).status).toBe(401);
    expect(await statusAtMcp(tokens.refresh_token)).toBe(401);
  });

  test('stops when its person leaves', async () => {
    const leaver = await makeMember(s, 'manager');
    const { tokens, clientId } = await connectApp(s.url, leaver);
    await s.ask('DELETE', `/api/v1/members/${leaver.id}`);
    expect(await statusAtMcp(tokens.access_token)).toBe(401);
    const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, client_id: clientId };
    expect((await tokenRequest(refresh)).json.error).toBe('invalid_grant');
  });

  test('has tokens of which only hashes are stored', async () => {
    const { tokens, exchange } = await connectApp(s.url, owner);
    const { rows } = await s.db.pool.query<{ all: string }>(
      'select (select json_agg(t) from oauth_token t)::text || (select json_agg(c) from oauth_code c)::text as all',
    );
    for (const secret of [tokens.access_token, tokens.refresh_token, exchange['code']!])
      expect(rows[0]!.all).not.toContain(secret);
  });
});

describe('a token request is refused', () => {
  /** A code that was not exchanged yet. */
  async function freshCode(): Promise<Parameters> {
    const clientId = await registerApp(s.url);
    const { verifier, challenge } = makeVerifier();
    const code = (await consent(s.url, owner, requestOf(s.url, clientId, challenge))).get('code')!;
    return {
      grant_type: 'authorization_code',
      client_id: clientId,
      code,
      redirect_uri: REDIRECT,
      code_verifier: verifier,
    };
  }

  test.each<[string, (sent: Parameters) => Parameters | Promise<Parameters>, string]>([
    ['a wrong verifier', () => ({ code_verifier: makeVerifier().verifier }), 'invalid_grant'],
    ['no verifier', () => ({ code_verifier: '' }), 'invalid_request'],
    ['the code of another app', async () => ({ client_id: await registerApp(s.url) }), 'invalid_grant'],
    ['an unknown app', () => ({ client_id: '01976d3c-0000-7000-8000-000000000000' }), 'invalid_client'],
    ['another redirect URI', () => ({ redirect_uri: `${REDIRECT}/` }), 'invalid_grant'],
    ['another resource', () => ({ resource: 'https://other.example/mcp' }), 'invalid_target'],
    ['an unknown code', () => ({ code: `fl_code_${'a'.repeat(43)}` }), 'invalid_grant'],
    ['a text as the code', () => ({ code: "' or 1=1" }), 'invalid_grant'],
    ['another grant', () => ({ grant_type: 'client_credentials' }), 'unsupported_grant_type'],
    ['a password', () => ({ grant_type: 'password' }), 'unsupported_grant_type'],
  ])('%s; then the right request is still answered', async (_what, change, code) => {
    const sent = await freshCode();
    const refused = await tokenRequest({ ...sent, ...(await change(sent)) });
    expect(refused.json).toEqual({ error: code, error_description: expect.any(String) });
    expect(refused.status).toBe(code === 'invalid_client' ? 401 : 400);
    expect(refused.headers.get('cache-control')).toBe('no-store');
    expect((await tokenRequest(sent)).status).toBe(200);
  });

  test('no redirect URI is needed: PKCE binds the code', async () => {
    const { redirect_uri: _left, ...sent } = await freshCode();
    expect((await tokenRequest(sent)).status).toBe(200);
  });

  test('an expired code', async () => {
    const sent = await freshCode();
    await s.db.pool.query(
      "update oauth_code set expires_at = now() - interval '1 second' where used_at is null",
    );
    expect((await tokenRequest(sent)).json.error).toBe('invalid_grant');
  });

  test('a code that is used twice: all tokens of it end', async () => {
    const sent = await freshCode();
    const { json } = await tokenRequest(sent);
    expect(await statusAtMcp(json.access_token)).not.toBe(401);
    expect((await tokenRequest(sent)).json.error).toBe('invalid_grant');
    expect(await statusAtMcp(json.access_token)).toBe(401);
    const [entry] = await audited();
    expect(entry).toMatchObject({ action: 'api_key.revoked', details: { reason: 'code_reused' } });
  });

  test('of two exchanges at once only one is answered', async () => {
    const sent = await freshCode();
    const replies = await Promise.all([tokenRequest(sent), tokenRequest(sent)]);
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test('a refresh token that is used twice: the family ends', async () => {
    const { tokens, clientId } = await connectApp(s.url, owner);
    const refresh = (raw: string, more: Parameters = {}) =>
      tokenRequest({ grant_type: 'refresh_token', refresh_token: raw, client_id: clientId, ...more });
    const otherApp = await refresh(tokens.refresh_token, { client_id: await registerApp(s.url) });
    expect(otherApp.json.error).toBe('invalid_grant');
    expect((await refresh(tokens.refresh_token, { scope: 'read admin' })).json.error).toBe('invalid_scope');
    const second = await refresh(tokens.refresh_token, { resource: `${s.url}/mcp/`, scope: 'read' });
    expect(second.status, second.text).toBe(200);
    // Both are valid until they expire.
    for (const access of [tokens.access_token, second.json.access_token])
      expect(await statusAtMcp(access)).not.toBe(401);
    expect((await refresh(tokens.refresh_token)).json.error).toBe('invalid_grant');
    for (const access of [tokens.access_token, second.json.access_token])
      expect(await statusAtMcp(access)).toBe(401);
    expect((await refresh(second.json.refresh_token)).json.error).toBe('invalid_grant');
    const [entry] = await audited();
    expect(entry).toMatchObject({ action: 'api_key.revoked', details: { reason: 'refresh_token_reused' } });
    expect(entry!['actor']).toMatchObject({ type: 'api_key', is_agent: true });
  });

  test('what is no form', async () => {
    const reply = await s.ask('POST', '/oauth/token', {
      as: null,
      body: { grant_type: 'authorization_code' },
    });
    expect([reply.status, reply.json.error]).toEqual([400, 'invalid_request']);
    const text = await s.ask('POST', '/oauth/token', {
      as: null,
      raw: 'x',
      headers: { 'content-type': 'text/plain' },
    });
    expect([text.status, text.json.error]).toEqual([415, 'invalid_request']);
  });
});

/** The server on the same database, which trusts the certificate of test receivers. */
async function serverWithDocuments() {
  const input = { config: readConfig({}), db: s.db, sealer: makeSealer(Buffer.alloc(32, 7)), log: silent };
  const foundation = makeFoundation(input);
  const { clock } = foundation;
  const accounts = makeAccounts({ ...foundation, mail: null, crmWebhookSecret: '' });
  const guard = makeGuard({ allow: ['127.0.0.0/8', '::1/128'], own: () => [] });
  const http = makeHttpClient(makeDial({ guard, resolver: makeResolver({ clock }), clock, ca: TEST_CERT }));
  const parts = {
    ...foundation,
    ...accounts,
    http,
    callers: makeCallers(s.db, clock, SCOPES, KEY_STYLES),
    scopes: SCOPES,
    publicUrl: '',
    trustProxy: [],
    dashboardPages: [],
  };
  const server = makeServer(parts);
  mountOAuth(server, parts);
  const url = await server.listen({ port: 0, host: '127.0.0.1' });
  return { url, close: () => server.close() };
}

test('an app with a metadata document needs no registration, and its host is shown as verified', async () => {
  const [publisher, server] = [await startReceiver({ tls: true }), await serverWithDocuments()];
  const clientId = `https://localhost:${publisher.port}/client.json`;
  const document = { client_id: clientId, client_name: 'Hosted', redirect_uris: [REDIRECT] };
  publisher.answer(() => ({
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(document),
  }));
  const { verifier, challenge } = makeVerifier();
  const request = requestOf(server.url, clientId, challenge);
  const target = `${server.url}/oauth/authorize?${new URLSearchParams(request).toString()}`;
  // Nobody makes the server fetch it without an account.
  expect((await openPage(target)).status).toBe(302);
  await submitPage(server.url, '', { cookie: '', changes: request });
  expect(publisher.received).toHaveLength(0);
  expect((await openPage(target, owner.cookie)).text).toContain(`Published by localhost:${publisher.port}`);
  const code = (await consent(server.url, owner, request)).get('code')!;
  const exchange = { grant_type: 'authorization_code', client_id: clientId, code, redirect_uri: REDIRECT };
  const { json } = await sendForm(server.url, '/oauth/token', { ...exchange, code_verifier: verifier });
  expect(await statusAtMcp(json.access_token)).not.toBe(401);
  expect(publisher.received).toHaveLength(1);
  await Promise.all([server.close(), publisher.close()]);
});

describe('the end of access', () => {
  test('by the app: a token of it ends all, that of another app ends nothing', async () => {
    const { tokens, clientId } = await connectApp(s.url, owner);
    const revoke = (token: string, client: string) =>
      sendForm(s.url, '/oauth/revoke', { token, client_id: client });
    expect((await revoke(tokens.access_token, await registerApp(s.url))).json.error).toBe('invalid_grant');
    expect((await revoke('unknown', clientId)).status).toBe(200);
    expect(await statusAtMcp(tokens.access_token)).not.toBe(401);
    expect((await revoke(tokens.refresh_token, clientId)).status).toBe(200);
    expect(await statusAtMcp(tokens.access_token)).toBe(401);
    expect((await revoke(tokens.refresh_token, clientId)).status).toBe(200);
  });

  test('what nobody can use is deleted, the rest stays', async () => {
    const { dropOldOAuth } = await import('../../src/oauth/oauth-retention.ts');
    const { tokens } = await connectApp(s.url, owner);
    const unused = await registerApp(s.url);
    const never = requestOf(s.url, await registerApp(s.url), makeVerifier().challenge);
    await consent(s.url, owner, never);
    const count = async (text: string) =>
      (await s.db.pool.query<{ n: number }>(`select count(*)::int as n from ${text}`)).rows[0]!.n;
    await s.db.pool.query(
      "update oauth_client set created_at = now() - interval '8 days' where last_used_at is null",
    );
    await s.db.pool.query("update oauth_code set expires_at = now() - interval '2 days'");
    await s.db.pool.query(
      "update api_key set expires_at = now() - interval '2 days' where app ->> 'client_id' = $1",
      [never['client_id']],
    );
    await dropOldOAuth(s.db);
    expect(await count(`oauth_client where id = '${unused}'`)).toBe(0);
    expect(await count('oauth_client')).toBeGreaterThan(0);
    expect(await count('oauth_code')).toBe(0);
    expect(await count(`api_key where app ->> 'client_id' = '${never['client_id']}'`)).toBe(0);
    expect(await statusAtMcp(tokens.access_token)).not.toBe(401);
  });
});

test('registrations of one network are limited, and are answered without a secret', async () => {
  const body = { redirect_uris: [REDIRECT], token_endpoint_auth_method: 'client_secret_post' };
  const register = () => s.ask('POST', '/oauth/register', { as: null, body });
  const { json } = await register();
  expect(json).toMatchObject({ token_endpoint_auth_method: 'none', client_name: 'app.example' });
  expect(json).not.toHaveProperty('client_secret');
  expect((await s.ask('POST', '/oauth/register', { as: null, body: {} })).json.error).toBe(
    'invalid_redirect_uri',
  );
  await s.db.pool.query('update oauth_visitor set count = 100');
  const limited = await register();
  expect([limited.status, limited.json.error]).toEqual([429, 'temporarily_unavailable']);
  expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(3000);
});
