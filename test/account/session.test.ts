import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, secondServer, startScenario, type Scenario } from '../kit/scenario.ts';
import { browser, cookieOf, makeMember, PASSWORD, tokenOf, type SignedIn } from '../kit/member.ts';

let s: Scenario;
let owner: SignedIn;
beforeAll(async () => {
  s = await startScenario();
  owner = await makeMember(s, 'owner');
});
afterAll(() => s.stop());

const signIn = (email: string, password = PASSWORD, headers: Record<string, string> = {}) =>
  s.ask('POST', '/api/v1/session', { as: null, body: { email, password }, headers });

describe('signing in', () => {
  test('sets a cookie that is hidden from scripts and other sites, and returns the user', async () => {
    const reply = await signIn(owner.email.toUpperCase());
    expect(reply.status, reply.text).toBe(201);
    expect(reply.headers.get('set-cookie')).toMatch(
      /^fairlead_session=[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    expect(reply.json).toMatchObject({
      user: { id: owner.id, email: owner.email },
      workspace: { id: s.alice.workspaceId, name: 'Acme' },
      role: 'owner',
      scopes: ['*'],
      workspaces: [{ id: s.alice.workspaceId, role: 'owner' }],
    });
    const page = browser(s.url, cookieOf(reply));
    expect((await page.ask('GET', '/api/v1/session')).json).toEqual(reply.json);
    expect((await page.ask('GET', '/api/v1/me')).json.user.id).toBe(owner.id);
  });

  test('over HTTPS the cookie is sent over HTTPS only', async () => {
    const secure = await startScenario({ FAIRLEAD_PUBLIC_URL: 'https://crm.acme.example' });
    try {
      const { email } = await makeMember(secure, 'member');
      const headers = { origin: 'https://crm.acme.example' };
      const body = { email, password: PASSWORD };
      const reply = await secure.ask('POST', '/api/v1/session', { as: null, body, headers });
      expect(reply.headers.get('set-cookie')).toMatch(/; Secure/);
    } finally {
      await secure.stop();
    }
  });

  test('neither the token of a session nor that of a link is stored', async () => {
    const token = cookieOf(await signIn(owner.email)).split('=')[1]!;
    const link = await s.app.people.db.transaction((trx) => s.app.signIn.resetLink(trx, owner.id, 'test'));
    const { rows } = await s.db.pool.query(
      'select string_agg(t, $1) as text from (select x::text as t from session x union all select x::text from link x) u',
      [' '],
    );
    expect(rows[0].text).toContain(owner.id);
    expect(rows[0].text).not.toContain(token);
    expect(rows[0].text).not.toContain(tokenOf(link));
  });

  test('a wrong password and an unknown address get the same response', async () => {
    const [wrong, unknown] = [
      await signIn(owner.email, 'wrong horse battery'),
      await signIn('nobody@acme.example'),
    ];
    for (const reply of [wrong, unknown]) {
      expect(reply).toMatchObject({ status: 401, json: { error: { code: 'unauthorized' } } });
      expect(reply.headers.get('set-cookie')).toBeNull();
    }
    expect(unknown.json.error.message).toBe(wrong.json.error.message);
  });

  test.each([
    ['email', { email: 'not an address', password: PASSWORD }],
    ['password', { email: 'a@b.example' }],
    ['more', { email: 'a@b.example', password: PASSWORD, more: 1 }],
  ])('an invalid %s is a 400 that names it', async (field, body) => {
    const reply = await s.ask('POST', '/api/v1/session', { as: null, body });
    expect(reply.status).toBe(400);
    expect(reply.json.error.fields[0].field).toBe(field);
  });

  test('after five failures the account is locked, for that address only, however many guess at once', async () => {
    const { email } = await makeMember(s, 'member', { isHashed: true });
    const guesses = await Promise.all(Array.from({ length: 20 }, () => signIn(email, 'guess guess guess')));
    const statuses = guesses.map(({ status }) => status).toSorted((a, b) => a - b);
    expect(statuses).toEqual([...Array(5).fill(401), ...Array(15).fill(429)]);
    const late = await signIn(email);
    expect(late).toMatchObject({ status: 429, json: { error: { code: 'rate_limited' } } });
    expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(800);
    // Another account can sign in from the same address.
    expect((await signIn(owner.email)).status).toBe(201);
    // The same account can sign in from another address.
    const proxied = await secondServer(s, { FAIRLEAD_TRUST_PROXY: '127.0.0.1' });
    try {
      const headers = { 'x-forwarded-for': '198.51.100.7' };
      const body = { email, password: PASSWORD };
      expect((await ask(proxied.url, 'POST', '/api/v1/session', { body, headers })).status).toBe(201);
    } finally {
      await proxied.stop();
    }
    // And from here after the lock time.
    await s.db.pool.query(`update sign_in_failure set since = since - interval '16 minutes'`);
    expect((await signIn(email)).status).toBe(201);
  });

  test('a correct password resets the failures before it', async () => {
    const { email } = await makeMember(s, 'member');
    for (let round = 0; round < 3; round++) {
      for (let at = 0; at < 4; at++) expect((await signIn(email, 'guess guess guess')).status).toBe(401);
      expect((await signIn(email)).status).toBe(201);
    }
  });
});

describe('a session', () => {
  const create = { body: { first_name: 'Jane' } };

  test('changes things only from a page of the installation', async () => {
    const cookie = owner.cookie;
    const from = (origin?: string) =>
      s.ask('POST', '/api/v1/contacts', {
        ...create,
        as: null,
        headers: { cookie, ...(origin && { origin }) },
      });
    expect((await from(s.url)).status).toBe(201);
    await s.newEvents();
    for (const origin of [
      undefined,
      'https://evil.example',
      'null',
      'http://127.0.0.1:1',
      `${s.url}.evil.example`,
    ]) {
      expect(await from(origin), String(origin)).toMatchObject({
        status: 403,
        json: { error: { code: 'forbidden' } },
      });
    }
    expect(await s.newEvents()).toEqual([]);
    // Reading is not a change: a link from elsewhere leads to a page that can load.
    expect((await s.ask('GET', '/api/v1/contacts', { as: null, headers: { cookie } })).status).toBe(200);
  });

  test('is not started from a page of another site either', async () => {
    const headers = { origin: 'https://evil.example' };
    expect((await signIn(owner.email, PASSWORD, headers)).status).toBe(403);
  });

  test('is ignored if a key is sent, even an invalid one', async () => {
    const { cookie } = owner;
    const as = (headers: Record<string, string>) =>
      s.ask('GET', '/api/v1/me', { as: null, headers: { cookie, ...headers } });
    expect((await as({ authorization: `Bearer ${s.bob.key}` })).json.api_key.id).toBe(s.bob.keyId);
    expect((await as({ 'x-api-key': s.bob.key })).json.api_key.id).toBe(s.bob.keyId);
    for (const headers of [
      { authorization: 'Bearer nonsense' },
      { authorization: 'Basic eA==' },
      { 'x-api-key': '' },
    ])
      expect((await as(headers)).status, JSON.stringify(headers)).toBe(401);
  });

  test.each(['', 'short', 'a'.repeat(43), `${'a'.repeat(42)}!`, '%00'.repeat(20)])(
    'with a made-up cookie (%s) is refused',
    async (token) => {
      const headers = { cookie: `other=1; fairlead_session=${token}` };
      expect((await s.ask('GET', '/api/v1/me', { as: null, headers })).status).toBe(401);
    },
  );

  test('ends by signing out, by expiry, and with the membership', async () => {
    const three = await Promise.all([0, 1, 2].map(() => makeMember(s, 'member')));
    const [left, late, removed] = three as [SignedIn, SignedIn, SignedIn];
    const out = await left.ask('DELETE', '/api/v1/session');
    expect(out.status).toBe(204);
    expect(out.headers.get('set-cookie')).toMatch(/^fairlead_session=; Max-Age=0/);
    await s.db.pool.query('update session set expires_at = $2 where user_id = $1', [late.id, new Date()]);
    expect((await owner.ask('DELETE', `/api/v1/members/${removed.id}`)).status).toBe(204);
    for (const item of three) expect((await item.ask('GET', '/api/v1/me')).status).toBe(401);
    expect(await signIn(removed.email)).toMatchObject({
      status: 403,
      json: { error: { code: 'forbidden' } },
    });
  });

  test('lasts for 30 days after its last use', async () => {
    const item = await makeMember(s, 'member');
    await s.db.pool.query(
      `update session set last_seen_at = last_seen_at - interval '20 days', expires_at = expires_at - interval '20 days'
       where user_id = $1`,
      [item.id],
    );
    await item.ask('GET', '/api/v1/me');
    const { expires_at: until } = (await item.ask('GET', '/api/v1/session')).json;
    expect(Date.parse(until) - Date.now()).toBeGreaterThan(29.9 * 86_400_000);
  });

  test('belongs to a user: an API key has none', async () => {
    for (const [method, body] of [
      ['GET'],
      ['DELETE'],
      ['PATCH', { workspace_id: s.alice.workspaceId }],
    ] as const) {
      const reply = await s.ask(method, '/api/v1/session', { ...(body && { body }) });
      expect(reply).toMatchObject({ status: 403, json: { error: { code: 'forbidden' } } });
    }
  });

  test('switches to another workspace of its user, and to no other', async () => {
    const item = await makeMember(s, 'member');
    const move = (id: string) => item.ask('PATCH', '/api/v1/session', { body: { workspace_id: id } });
    expect((await move(s.charlie.workspaceId)).json.error.fields[0].field).toBe('workspace_id');
    await s.app.people.db.transaction((trx) =>
      s.app.people.members.add(trx, s.charlie.workspaceId, item.id, 'admin'),
    );
    const moved = await move(s.charlie.workspaceId);
    expect(moved.json).toMatchObject({ workspace: { name: 'Elsewhere' }, role: 'admin', scopes: ['*'] });
    expect(moved.json.workspaces).toHaveLength(2);
    expect((await item.ask('GET', '/api/v1/me')).json.workspace.id).toBe(s.charlie.workspaceId);
  });

  test('creates records in the name of its user, with their own Idempotency-Keys', async () => {
    const other = await makeMember(s, 'member');
    const headers = { 'idempotency-key': 'once' };
    const post = (by: SignedIn) => by.ask('POST', '/api/v1/contacts', { ...create, headers });
    const [first, again, others] = [await post(owner), await post(owner), await post(other)];
    expect(first.json.created_by).toBe(`user:${owner.id}`);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.json).toEqual(first.json);
    expect(others.json.id).not.toBe(first.json.id);
  });

  test('AX17: is accepted on plan free, where keys are not; and is not counted', async () => {
    const { id } = await s.app.workspaces.create({ name: 'Small', plan: 'free' });
    const item = await makeMember(s, 'owner', { name: 'Small owner', workspaceId: id });
    const reply = await item.ask('GET', '/api/v1/contacts');
    expect(reply.status).toBe(200);
    expect(Number(reply.headers.get('x-ratelimit-remaining'))).toBeGreaterThan(1000);
    const key = (await item.ask('POST', '/api/v1/api-keys', { body: { name: 'key' } })).json.key;
    expect((await s.ask('GET', '/api/v1/contacts', { as: key })).status).toBe(403);
  });
});

describe('a password', () => {
  const change = (by: SignedIn, current: string, password: string) =>
    by.ask('PUT', '/api/v1/password', { body: { current_password: current, password } });

  test('is changed by a user who knows it; other sessions end, this one stays', async () => {
    const item = await makeMember(s, 'member');
    const other = browser(s.url, cookieOf(await signIn(item.email)));
    expect((await change(item, 'wrong horse battery', 'another good one')).status).toBe(401);
    expect((await other.ask('GET', '/api/v1/me')).status).toBe(200);
    expect((await change(item, PASSWORD, 'another good one')).status).toBe(204);
    expect((await item.ask('GET', '/api/v1/me')).status).toBe(200);
    expect((await other.ask('GET', '/api/v1/me')).status).toBe(401);
    expect((await signIn(item.email)).status).toBe(401);
    expect((await signIn(item.email, 'another good one')).status).toBe(201);
  });

  test.each(['short', 'a'.repeat(201), 'aaaaaaaaaaaa'])('is rejected if it is %s', async (password) => {
    const reply = await change(owner, PASSWORD, password);
    expect(reply.status).toBe(400);
    expect(reply.json.error.fields[0].field).toBe('password');
  });

  test('is not the address of its owner', async () => {
    expect((await change(owner, PASSWORD, owner.email.toUpperCase())).status).toBe(400);
  });

  test('matches if it was typed in another Unicode form of the same letters', async () => {
    const item = await makeMember(s, 'member');
    expect((await change(item, PASSWORD, 'caf\u00e9 au lait tiède')).status).toBe(204);
    expect((await signIn(item.email, 'cafe\u0301 au lait tie\u0300de')).status).toBe(201);
  });
});
