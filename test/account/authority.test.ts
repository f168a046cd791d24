import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Role } from '../../src/account/role.ts';
import { SCOPES } from '../../src/catalogue.ts';
import { makeMember, PASSWORD, tokenOf, type SignedIn } from '../kit/member.ts';
import { startScenario, type Person, type Reply, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let owner: SignedIn;
let admin: SignedIn;
let victim: SignedIn;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
  owner = await makeMember(s, 'owner', { name: 'Olga Owner' });
  admin = await makeMember(s, 'admin', { name: 'Adam Admin' });
  victim = await makeMember(s, 'member', { name: 'Vera Victim' });
});
afterAll(() => s.stop());

const KEYS = '/api/v1/api-keys';
const INVITATIONS = '/api/v1/invitations';
const RECORDS = SCOPES.names.filter((scope) => /^[a-z-]+:(read|write)$/.test(scope));
/** All scopes of the role member, as a key has them. */
const OF_MEMBER = [
  ...RECORDS.filter((scope) => !/^(events|webhooks|keys|pipelines:w|forms:w)/.test(scope)),
  'pipelines:read',
  'forms:read',
  'leads:create',
  'emails:send',
  'messages:send',
];
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

interface MadeKey {
  id: string;
  key: string;
  expires_at: string | null;
  scopes: string[];
}

async function key(by: SignedIn, scopes: readonly string[], more: object = {}): Promise<MadeKey> {
  const reply = await by.ask('POST', KEYS, { body: { name: `of ${scopes.length}`, scopes, ...more } });
  expect(reply.status, reply.text).toBe(201);
  return reply.json;
}

const ask = (as: { key: string }, method: string, path: string, body?: object) =>
  s.ask(method, path, { as: as.key, ...(body && { body }) });
let invited = 0;
const invite = (as: { key: string }, role: string, email = `guest${++invited}@guests.example`) =>
  ask(as, 'POST', INVITATIONS, { email, role });
const roleOf = async (id: string) => (await owner.ask('GET', `/api/v1/members/${id}`)).json.role;

function expectRefused(reply: Reply, ...lacked: string[]): void {
  expect(reply.status, reply.text).toBe(403);
  expect(reply.json.error.code).toBe('forbidden');
  for (const word of lacked) expect(reply.json.error.message).toContain(word);
}

/**
 * The response to a request that waits for another transaction, which changes what the request depends on and
 * commits later.
 */
async function heldUp(statement: string, request: () => Promise<Reply>): Promise<Reply> {
  const client = await s.db.pool.connect();
  const waiting = `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
  try {
    await client.query('begin');
    await client.query(statement);
    const replied = request();
    await expect
      .poll(async () => (await s.db.side.query(waiting)).rowCount, { timeout: 10_000, interval: 10 })
      .toBeGreaterThan(0);
    await client.query('commit');
    return await replied;
  } finally {
    client.release();
  }
}

describe('nobody gives people more rights than they have', () => {
  test('a key with only workspace:manage invites nobody, and changes no role', async () => {
    const bare = [await key(owner, ['workspace:manage']), await s.person(['workspace:manage'])];
    for (const item of bare) {
      expectRefused(await invite(item, 'owner'), '*');
      expectRefused(await invite(item, 'admin'), '*');
      expectRefused(await invite(item, 'manager'), 'events:read');
      expectRefused(await invite(item, 'member'), 'contacts:read', 'leads:create');
      expectRefused(await ask(item, 'POST', INVITATIONS, { email: 'dflt@guests.example' }), 'contacts:read');
      for (const method of ['PATCH', 'PUT'])
        for (const role of ['owner', 'admin', 'manager', 'member'])
          expectRefused(await ask(item, method, `/api/v1/members/${victim.id}`, { role }));
    }
    expect(await roleOf(victim.id)).toBe('member');
    const listed = (await owner.ask('GET', INVITATIONS)).json.data;
    expect(listed).toEqual([]);
  });

  test('nor does it remove a member whose role has more rights, or change that role', async () => {
    const bare = await key(owner, ['workspace:manage']);
    for (const item of [owner, admin, victim]) {
      expectRefused(await ask(bare, 'DELETE', `/api/v1/members/${item.id}`));
      expectRefused(await ask(bare, 'PATCH', `/api/v1/members/${item.id}`, { role: 'member' }));
    }
    expect((await owner.ask('GET', '/api/v1/members')).json.data).toHaveLength(3);
  });

  test('a key with all scopes of a role gives that role, and no higher one', async () => {
    const item = await key(owner, ['workspace:manage', ...OF_MEMBER]);
    const made = await invite(item, 'member');
    expect(made.status, made.text).toBe(201);
    expectRefused(await invite(item, 'manager'), 'events:read');
    expectRefused(await invite(item, 'admin'), '*');
    const leaver = await makeMember(s, 'member');
    expect((await ask(item, 'PATCH', `/api/v1/members/${leaver.id}`, { role: 'member' })).status).toBe(200);
    expectRefused(await ask(item, 'PATCH', `/api/v1/members/${leaver.id}`, { role: 'manager' }));
    expect((await ask(item, 'DELETE', `/api/v1/members/${leaver.id}`)).status).toBe(204);
    const without = await key(owner, ['workspace:manage', ...OF_MEMBER.filter((x) => x !== 'tasks:write')]);
    expectRefused(await invite(without, 'member'), 'tasks:write');
  });

  test('all scopes by name are not *: they create no admin and no owner', async () => {
    const all = await key(
      owner,
      SCOPES.names.filter((scope) => scope !== '*'),
    );
    for (const role of ['owner', 'admin']) expectRefused(await invite(all, role), '*');
    expect((await invite(all, 'manager')).status).toBe(201);
    expectRefused(await ask(all, 'PATCH', `/api/v1/members/${victim.id}`, { role: 'admin' }), '*');
    expectRefused(await ask(all, 'DELETE', `/api/v1/members/${admin.id}`), '*');
  });

  test('the role counts like the scopes: an admin, and a key of an admin with *, cannot create or change an owner', async () => {
    const theirs = await key(admin, ['*']);
    const sessionOf = (method: string, path: string, body?: object) =>
      admin.ask(method, path, body ? { body } : {});
    const keyOf = (method: string, path: string, body?: object) => ask(theirs, method, path, body);
    for (const by of [sessionOf, keyOf]) {
      expectRefused(await by('POST', INVITATIONS, { email: 'o@guests.example', role: 'owner' }), 'owner');
      expectRefused(await by('PATCH', `/api/v1/members/${victim.id}`, { role: 'owner' }), 'owner');
      expectRefused(await by('PATCH', `/api/v1/members/${admin.id}`, { role: 'owner' }), 'owner');
      expectRefused(await by('PATCH', `/api/v1/members/${owner.id}`, { role: 'member' }), 'owner');
      expectRefused(await by('DELETE', `/api/v1/members/${owner.id}`), 'owner');
    }
    expect((await invite(theirs, 'admin')).status).toBe(201);
  });

  test('a key of the operator with * gives every role', async () => {
    for (const role of ['owner', 'admin', 'manager', 'member'])
      expect((await invite(s.alice, role)).status).toBe(201);
  });

  test('a key that expires gives nothing permanent: no invitation, no higher role', async () => {
    const short = await key(owner, ['*'], { expires_in_days: 7 });
    for (const role of ['owner', 'member']) expectRefused(await invite(short, role), 'expires');
    expectRefused(await ask(short, 'PATCH', `/api/v1/members/${victim.id}`, { role: 'admin' }), 'expires');
    const other = await makeMember(s, 'manager');
    expect((await ask(short, 'PATCH', `/api/v1/members/${other.id}`, { role: 'member' })).status).toBe(200);
    expect((await ask(short, 'DELETE', `/api/v1/members/${other.id}`)).status).toBe(204);
  });

  test('an inbound secret requires what it allows: leads:create, and no expiry', async () => {
    const make = (as: { key: string }) => ask(as, 'POST', '/api/v1/inbound-secrets', { name: 'other CRM' });
    expectRefused(await make(await key(owner, ['keys:manage'])), 'leads:create');
    expectRefused(await make(await key(owner, ['*'], { expires_in_days: 7 })), 'expires');
    expect((await make(await key(owner, ['keys:manage', 'leads:write']))).status).toBe(201);
  });
});

describe('the lineage of keys', () => {
  const change = (as: { key: string }, id: string, body: object) => ask(as, 'PATCH', `${KEYS}/${id}`, body);
  const stored = async (id: string) => (await owner.ask('GET', `${KEYS}/${id}`)).json;
  const expire = (id: string) =>
    s.db.pool.query(`update api_key set expires_at = now() - interval '1 day' where id = $1`, [id]);

  test('a key cannot renew, extend, rename, widen or narrow a key with more rights', async () => {
    const bare = await key(owner, ['keys:manage']);
    const full = await key(owner, ['*'], { expires_in_days: 7 });
    await expire(full.id);
    for (const body of [
      { expires_at: null },
      { expires_at: inDays(1) },
      { expires_in_days: 7 },
      { name: 'mine' },
      { scopes: ['keys:manage'] },
      {},
    ]) {
      expectRefused(await change(bare, full.id, body), '*');
      expectRefused(await ask(bare, 'PUT', `${KEYS}/${full.id}`, body), '*');
    }
    expect((await ask(full, 'GET', '/api/v1/me')).json.error.code).toBe('api_key_expired');
    expect(await stored(full.id)).toMatchObject({ state: 'expired', scopes: ['*'] });
    const wider = await key(owner, ['keys:manage', 'contacts:read']);
    expectRefused(await change(bare, wider.id, { expires_at: null }), 'contacts:read');
  });

  test('it changes a key with no more rights, even an expired one', async () => {
    const bare = await key(owner, ['keys:manage', 'contacts:read']);
    const less = await key(owner, ['contacts:read'], { expires_in_days: 7 });
    await expire(less.id);
    expect((await change(bare, less.id, { expires_at: null, name: 'back' })).status).toBe(200);
    expect((await ask(less, 'GET', '/api/v1/me')).status).toBe(200);
  });

  test('a key does not change its own expiry, in either direction; what was read may be sent back', async () => {
    const short = await key(owner, ['*'], { expires_in_days: 30 });
    for (const body of [
      { expires_at: null },
      { expires_at: inDays(300) },
      { expires_at: inDays(1) },
      { expires_in_days: 7 },
      { expires_in_days: 90 },
    ])
      expectRefused(await change(short, short.id, body), 'expiry');
    expect((await stored(short.id)).expires_at).toBe(short.expires_at);
    const read = (await ask(short, 'GET', `${KEYS}/${short.id}`)).json;
    const back = await ask(short, 'PUT', `${KEYS}/${short.id}`, { ...read, name: 'renamed' });
    expect(back).toMatchObject({ status: 200, json: { name: 'renamed', expires_at: short.expires_at } });
    const endless = await key(owner, ['*']);
    expectRefused(await change(endless, endless.id, { expires_in_days: 7 }), 'expiry');
    expect((await change(endless, endless.id, { expires_at: null, name: 'same' })).status).toBe(200);
  });

  test('it removes scopes of its own, and adds none', async () => {
    const item = await key(owner, ['keys:manage', 'contacts:read', 'contacts:write']);
    expectRefused(await change(item, item.id, { scopes: ['keys:manage', 'deals:read'] }), 'deals:read');
    expectRefused(await change(item, item.id, { scopes: ['*'] }), '*');
    expect((await change(item, item.id, { scopes: ['keys:manage', 'contacts:read'] })).status).toBe(200);
    expectRefused(
      await change(item, item.id, { scopes: ['keys:manage', 'contacts:write'] }),
      'contacts:write',
    );
  });

  test('a key that expires creates none that expires later; by default the same expiry', async () => {
    const short = await key(owner, ['*'], { expires_in_days: 30 });
    const make = (body: object) => ask(short, 'POST', KEYS, { name: 'child', scopes: ['*'], ...body });
    for (const body of [
      { expires_at: null },
      { expires_in_days: 90 },
      { expires_at: inDays(31) },
      { style: 'remixcrm', expires_at: null },
      { style: 'axocrm', expires_in_days: 90 },
    ])
      expectRefused(await make(body), short.expires_at!);
    for (const body of [{}, { style: 'remixcrm' }]) {
      const made = await make(body);
      expect(made).toMatchObject({ status: 201, json: { expires_at: short.expires_at } });
      expect((await stored(made.json.id)).expires_at).toBe(short.expires_at);
    }
    expect((await make({ expires_in_days: 7 })).status).toBe(201);
    expect((await make({ expires_at: short.expires_at })).status).toBe(201);
    const none = await ask(await key(owner, ['*']), 'POST', KEYS, { name: 'child', scopes: ['*'] });
    expect(none.json.expires_at).toBeNull();
  });

  test('nor does it set an expiry later than its own, or give scopes to a key that expires later', async () => {
    const short = await key(owner, ['*'], { expires_in_days: 30 });
    const endless = await key(owner, ['contacts:read']);
    const later = await key(owner, ['contacts:read'], { expires_in_days: 90 });
    const sooner = await key(owner, ['contacts:read'], { expires_in_days: 7 });
    for (const { id } of [endless, later, sooner]) {
      expectRefused(await change(short, id, { expires_in_days: 90 }), short.expires_at!);
      if (id !== endless.id) expectRefused(await change(short, id, { expires_at: null }), short.expires_at!);
    }
    for (const { id } of [endless, later])
      expectRefused(await change(short, id, { scopes: ['*'] }), short.expires_at!);
    expect((await change(short, endless.id, { name: 'renamed', expires_at: null })).status).toBe(200);
    expect((await change(short, sooner.id, { scopes: ['*'] })).status).toBe(200);
    const bounded = await change(short, later.id, { scopes: ['*'], expires_in_days: 7 });
    expect(bounded.status, bounded.text).toBe(200);
    expect((await change(short, sooner.id, { expires_at: short.expires_at })).status).toBe(200);
  });

  test('a session acts with the rights of its member', async () => {
    const item = await key(admin, ['*'], { expires_in_days: 7 });
    await expire(item.id);
    for (const body of [{ expires_at: null }, { expires_in_days: 90 }, { scopes: ['contacts:read'] }])
      expect((await owner.ask('PATCH', `${KEYS}/${item.id}`, { body })).status).toBe(200);
  });

  test('an admin, or a key of an admin, cannot renew a key that acts for an owner or the operator', async () => {
    const ofOwner = await key(owner, ['*'], { expires_in_days: 30 });
    const ofOperator = (
      await s.ask('POST', KEYS, { body: { name: 'cli', scopes: ['*'], expires_in_days: 30 } })
    ).json;
    const narrow = await key(owner, ['contacts:read'], { expires_in_days: 30 });
    const theirs = await key(admin, ['*']);
    for (const { id } of [ofOwner, ofOperator]) {
      expectRefused(await admin.ask('PATCH', `${KEYS}/${id}`, { body: { expires_at: null } }), 'owner');
      expectRefused(await change(theirs, id, { expires_in_days: 90 }), 'owner');
      // Reducing rights needs less than giving them.
      expect((await change(theirs, id, { expires_in_days: 7, name: 'sooner' })).status).toBe(200);
      expect((await admin.ask('DELETE', `${KEYS}/${id}`)).status).toBe(204);
    }
    expect((await change(theirs, narrow.id, { expires_at: null })).status).toBe(200);
  });

  test('keys:manage revokes any key', async () => {
    const bare = await key(owner, ['keys:manage']);
    const full = await key(owner, ['*']);
    expect((await ask(bare, 'DELETE', `${KEYS}/${full.id}`)).status).toBe(204);
    expect((await ask(full, 'GET', '/api/v1/me')).status).toBe(401);
    // A revoked key stays revoked, for itself and for others.
    expect((await owner.ask('PATCH', `${KEYS}/${full.id}`, { body: { expires_at: null } })).status).toBe(409);
  });

  test('a change is checked against the current key: two concurrent changes give no more', async () => {
    const short = await key(owner, ['*'], { expires_in_days: 30 });
    const target = await key(owner, ['contacts:read'], { expires_in_days: 7 });
    const widened = await heldUp(`update api_key set expires_at = null where id = '${target.id}'`, () =>
      change(short, target.id, { scopes: ['*'] }),
    );
    expectRefused(widened, short.expires_at!);
    expect((await stored(target.id)).scopes).toEqual(['contacts:read']);
  });

  test('a key whose maker was removed is refused, and listed with that reason', async () => {
    const leaver = await makeMember(s, 'admin', { name: 'Lena Leaver' });
    const item = await key(leaver, ['contacts:read']);
    expect(await stored(item.id)).toMatchObject({
      maker: { id: leaver.id, name: 'Lena Leaver', role: 'admin' },
    });
    expect((await owner.ask('DELETE', `/api/v1/members/${leaver.id}`)).status).toBe(204);
    expect((await ask(item, 'GET', '/api/v1/contacts')).status).toBe(403);
    expect(await stored(item.id)).toMatchObject({
      state: 'active',
      maker: { id: leaver.id, name: 'Lena Leaver', role: null },
    });
    expect((await stored(s.alice.keyId)).maker).toBeNull();
  });
});

describe('an invitation becomes invalid when its creator loses the right to give the role', () => {
  const accept = (url: string, name = 'Guest') =>
    s.ask('POST', '/api/v1/invitations/accept', {
      as: null,
      body: { token: tokenOf(url), name, password: PASSWORD },
    });
  const open = (url: string) =>
    s.ask('POST', '/api/v1/links/open', { as: null, body: { token: tokenOf(url) } });
  const stateOf = async (id: string) =>
    (await owner.ask('GET', `${INVITATIONS}?limit=200`)).json.data.find(
      (item: { id: string }) => item.id === id,
    )?.state;

  /** The outcome of a link: the responses of accepting and opening it, how it is listed, and who joined by it. */
  async function outcomeOf({ id, url, email }: { id: string; url: string; email: string }) {
    const count = async (statement: string, values: string[] = []) =>
      (await s.db.pool.query(statement, values)).rowCount!;
    const before = await count('select from member');
    const reply = await accept(url);
    return {
      accepted: [reply.status, reply.json.error?.code],
      opened: (await open(url)).status,
      state: await stateOf(id),
      joined: (await count('select from member')) - before,
      accounts: await count('select from app_user where email = $1', [email]),
    };
  }
  const ENDED = { accepted: [404, 'not_found'], opened: 404, state: 'invalid', joined: 0, accounts: 0 };

  async function invitedBy(by: SignedIn | { key: string }, role: Role) {
    const body = { email: `late${++invited}@guests.example`, role };
    const reply =
      'ask' in by ? await by.ask('POST', INVITATIONS, { body }) : await ask(by, 'POST', INVITATIONS, body);
    expect(reply.status, reply.text).toBe(201);
    expect(reply.json.state).toBe('pending');
    return reply.json;
  }

  test('after its creator was removed', async () => {
    const boss = await makeMember(s, 'admin');
    const made = await invitedBy(boss, 'member');
    expect((await open(made.url)).status).toBe(200);
    await owner.ask('DELETE', `/api/v1/members/${boss.id}`);
    expect(await outcomeOf(made)).toEqual(ENDED);
  });

  test.each(['manager', 'member'] as const)('after its creator became %s', async (role) => {
    const boss = await makeMember(s, 'admin');
    const made = await invitedBy(boss, 'member');
    await owner.ask('PATCH', `/api/v1/members/${boss.id}`, { body: { role } });
    expect(await outcomeOf(made)).toEqual(ENDED);
  });

  test('an owner who became an admin: valid for roles that an admin may give', async () => {
    const boss = await makeMember(s, 'owner');
    const [high, low] = [await invitedBy(boss, 'owner'), await invitedBy(boss, 'admin')];
    await owner.ask('PATCH', `/api/v1/members/${boss.id}`, { body: { role: 'admin' } });
    expect(await outcomeOf(high)).toEqual(ENDED);
    expect(await stateOf(low.id)).toBe('pending');
    expect((await accept(low.url)).json).toMatchObject({ role: 'admin' });
  });

  test.each<[string, (made: MadeKey) => Promise<unknown>]>([
    ['revoked', ({ id }) => owner.ask('DELETE', `${KEYS}/${id}`)],
    [
      'expired',
      ({ id }) =>
        s.db.pool.query(`update api_key set expires_at = now() - interval '1 s' where id = $1`, [id]),
    ],
    ['about to expire', ({ id }) => owner.ask('PATCH', `${KEYS}/${id}`, { body: { expires_in_days: 7 } })],
    [
      'cut to less than the role',
      ({ id }) => owner.ask('PATCH', `${KEYS}/${id}`, { body: { scopes: ['workspace:manage'] } }),
    ],
    [
      'no longer one that manages people',
      ({ id }) => owner.ask('PATCH', `${KEYS}/${id}`, { body: { scopes: OF_MEMBER } }),
    ],
  ])('after its key was %s', async (_what, end) => {
    const item = await key(owner, ['*']);
    const made = await invitedBy(item, 'member');
    await end(item);
    expect(await outcomeOf(made)).toEqual(ENDED);
  });

  test('after the maker of its key was removed, or demoted', async () => {
    for (const take of ['DELETE', 'PATCH'] as const) {
      const boss = await makeMember(s, 'admin');
      const made = await invitedBy(await key(boss, ['*']), 'member');
      await owner.ask(take, `/api/v1/members/${boss.id}`, {
        ...(take === 'PATCH' && { body: { role: 'manager' } }),
      });
      expect(await outcomeOf(made)).toEqual(ENDED);
    }
  });

  test('a user with an account is refused too, and their password is not checked', async () => {
    const stranger = await makeMember(s, 'owner', { name: 'Sven', workspaceId: s.charlie.workspaceId });
    const boss = await makeMember(s, 'admin');
    const body = { email: stranger.email, role: 'admin' };
    const made = (await boss.ask('POST', INVITATIONS, { body })).json;
    await owner.ask('DELETE', `/api/v1/members/${boss.id}`);
    expect((await accept(made.url)).status).toBe(404);
    expect((await stranger.ask('GET', '/api/v1/session')).json.workspaces).toHaveLength(1);
  });

  test('acceptance while the creator is being removed is refused: it is checked in the transaction', async () => {
    const boss = await makeMember(s, 'admin');
    const made = await invitedBy(boss, 'member');
    const reply = await heldUp(`delete from member where user_id = '${boss.id}'`, () => accept(made.url));
    expect(reply.status).toBe(404);
  });

  test('an expired one of a removed creator is shown as expired', async () => {
    const boss = await makeMember(s, 'admin');
    const made = await invitedBy(boss, 'member');
    await owner.ask('DELETE', `/api/v1/members/${boss.id}`);
    await s.db.pool.query(`update link set expires_at = now() - interval '1 s' where id = $1`, [made.id]);
    expect(await stateOf(made.id)).toBe('expired');
    expect((await owner.ask('DELETE', `${INVITATIONS}/${made.id}`)).status).toBe(204);
  });
});

describe('a password reset link', () => {
  test('of a removed user signs them in nowhere, and changes nothing', async () => {
    const leaver = await makeMember(s, 'member');
    const link = await s.app.people.db.transaction((trx) => s.app.signIn.resetLink(trx, leaver.id, 'cli'));
    await owner.ask('DELETE', `/api/v1/members/${leaver.id}`);
    const body = { token: tokenOf(link), password: 'another good password' };
    const reply = await s.ask('POST', '/api/v1/password-resets/confirm', { as: null, body });
    expect(reply).toMatchObject({ status: 403, json: { error: { code: 'forbidden' } } });
    expect(reply.headers.get('set-cookie')).toBeNull();
    const { rows } = await s.db.pool.query('select from link where user_id = $1 and used_at is null', [
      leaver.id,
    ]);
    expect(rows).toHaveLength(1);
  });
});

describe('what a member created', () => {
  interface Cast {
    boss: SignedIn;
    bob: SignedIn;
    bobKey: MadeKey;
    ids: { key: string; child: string; secret: string; byKey: string; hook: string; hookByKey: string };
    others: { key: string; secret: string; hook: string };
  }
  const post = async (by: SignedIn | { key: string }, path: string, body: object) => {
    const full = `/api/v1/${path}`;
    const reply = 'ask' in by ? await by.ask('POST', full, { body }) : await ask(by, 'POST', full, body);
    expect(reply.status, reply.text).toBe(201);
    return reply.json;
  };
  const webhook = (name: string) => ({ name, url: 'https://example.com/', events: ['*'] });

  async function cast(name: string): Promise<Cast> {
    const { id: workspaceId } = await s.app.workspaces.create({ name });
    const boss = await makeMember(s, 'owner', { name: `Boss ${name}`, workspaceId });
    const bob = await makeMember(s, 'admin', { name: `Bob ${name}`, workspaceId });
    const bobKey = await post(bob, 'api-keys', { name: 'bob' });
    const child = await post(bobKey, 'api-keys', { name: 'child' });
    const revoked = await post(bob, 'api-keys', { name: 'revoked' });
    await bob.ask('DELETE', `${KEYS}/${revoked.id}`);
    const secret = await post(bob, 'inbound-secrets', { name: 'by bob' });
    const byKey = await post(bobKey, 'inbound-secrets', { name: 'by his key' });
    const hook = await post(bob, 'webhooks', webhook('by bob'));
    const hookByKey = await post(child, 'webhooks', webhook('by the child'));
    const others = {
      key: (await post(boss, 'api-keys', { name: 'boss' })).id,
      secret: (await post(boss, 'inbound-secrets', { name: 'boss' })).id,
      hook: (await post(boss, 'webhooks', webhook('boss'))).id,
    };
    return {
      boss,
      bob,
      bobKey,
      ids: {
        key: bobKey.id,
        child: child.id,
        secret: secret.id,
        byKey: byKey.id,
        hook: hook.id,
        hookByKey: hookByKey.id,
      },
      others,
    };
  }
  const idsIn = (list: { data: { id: string }[] }) => list.data.map(({ id }) => id).toSorted();
  const madeBy = (by: SignedIn, id: string) => by.ask('GET', `/api/v1/members/${id}/made`);
  const statesOf = async ({ boss, ids, others }: Cast) => {
    const state = async (id: string) => (await boss.ask('GET', `${KEYS}/${id}`)).json.state;
    const hook = async (id: string) => (await boss.ask('GET', `/api/v1/webhooks/${id}`)).status;
    const secrets = idsIn((await boss.ask('GET', '/api/v1/inbound-secrets')).json);
    return {
      keys: [await state(ids.key), await state(ids.child), await state(others.key)],
      secrets: [ids.secret, ids.byKey, others.secret].map((id) => secrets.includes(id)),
      hooks: [await hook(ids.hook), await hook(ids.hookByKey), await hook(others.hook)],
    };
  };

  test('is listed: keys, inbound secrets and webhooks, created directly or through a key', async () => {
    const c = await cast('Listing');
    const { json } = await madeBy(c.boss, c.bob.id);
    expect(idsIn(json.keys)).toEqual([c.ids.key, c.ids.child].toSorted());
    expect(idsIn(json.inbound_secrets)).toEqual([c.ids.secret, c.ids.byKey].toSorted());
    expect(idsIn(json.webhooks)).toEqual([c.ids.hook, c.ids.hookByKey].toSorted());
    expect(json.keys).toMatchObject({ total_count: 2 });
    expect(json.keys.data[0]).toMatchObject({ name: 'child', state: 'active' });
    expect(JSON.stringify(json)).not.toContain(c.bobKey.key);
    const nothing = (await madeBy(c.boss, (await makeMember(s, 'member')).id)).status;
    expect(nothing).toBe(404);
    expect((await s.ask('GET', `/api/v1/members/${c.bob.id}/made`)).status).toBe(404);
  });

  test('is null for a caller who may read neither keys nor webhooks', async () => {
    const c = await cast('Blind');
    const member = await makeMember(s, 'member', {
      name: 'Blind Member',
      workspaceId: await workspaceOf(c.boss),
    });
    expect((await madeBy(member, c.bob.id)).json).toEqual({
      keys: null,
      inbound_secrets: null,
      webhooks: null,
      connections: null,
    });
    const bare = await post(c.boss, 'api-keys', { name: 'bare', scopes: ['contacts:read'] });
    expectRefused(await ask(bare, 'GET', `/api/v1/members/${c.bob.id}/made`), 'members:read');
  });
  const workspaceOf = async (who: SignedIn) => (await who.ask('GET', '/api/v1/me')).json.workspace.id;

  test('stays when they are removed; their keys are refused', async () => {
    const c = await cast('Staying');
    expect((await c.boss.ask('DELETE', `/api/v1/members/${c.bob.id}`)).status).toBe(204);
    expect(await statesOf(c)).toEqual({
      keys: ['active', 'active', 'active'],
      secrets: [true, true, true],
      hooks: [200, 200, 200],
    });
    expect((await ask(c.bobKey, 'GET', '/api/v1/contacts')).status).toBe(403);
  });

  test('is revoked with them on request, and nothing of others', async () => {
    const c = await cast('Revoking');
    const path = `/api/v1/members/${c.bob.id}?revoke=keys,inbound_secrets,webhooks`;
    expect((await c.boss.ask('DELETE', path)).status).toBe(204);
    expect(await statesOf(c)).toEqual({
      keys: ['revoked', 'revoked', 'active'],
      secrets: [false, false, true],
      hooks: [404, 404, 200],
    });
    expect((await ask(c.bobKey, 'GET', '/api/v1/contacts')).status).toBe(401);
    const audit = (await c.boss.ask('GET', '/api/v1/audit?limit=7')).json.data;
    expect(audit.map(({ action }: { action: string }) => action).toSorted()).toEqual([
      'api_key.revoked',
      'api_key.revoked',
      'inbound_secret.deleted',
      'inbound_secret.deleted',
      'member.removed',
      'webhook.deleted',
      'webhook.deleted',
    ]);
  });

  test('one kind only; an unknown one is a 400 that names the parameter', async () => {
    const c = await cast('One kind');
    for (const query of ['revoke=everything', 'revoke=', 'revoke=keys,everything', 'revok=keys']) {
      const reply = await c.boss.ask('DELETE', `/api/v1/members/${c.bob.id}?${query}`);
      expect(reply).toMatchObject({ status: 400, json: { error: { code: 'validation_error' } } });
      expect(reply.json.error.fields[0].field).toBe(query.split('=')[0]);
    }
    expect((await c.boss.ask('DELETE', `/api/v1/members/${c.bob.id}?revoke=webhooks`)).status).toBe(204);
    expect(await statesOf(c)).toMatchObject({
      keys: ['active', 'active', 'active'],
      secrets: [true, true, true],
      hooks: [404, 404, 200],
    });
  });

  test('requires the scope of what it revokes; if refused, nobody is removed and nothing revoked', async () => {
    const c = await cast('Scoped');
    const plain = await makeMember(s, 'member', {
      name: 'Plain Scoped',
      workspaceId: await workspaceOf(c.boss),
    });
    const scopes = ['workspace:manage', ...OF_MEMBER];
    const item = await post(c.boss, 'api-keys', { name: 'no keys', scopes });
    const remove = (revoke: string) => ask(item, 'DELETE', `/api/v1/members/${plain.id}?revoke=${revoke}`);
    expectRefused(await remove('keys'), 'keys:manage');
    expectRefused(await remove('inbound_secrets'), 'keys:manage');
    expectRefused(await remove('webhooks'), 'webhooks:manage');
    // A member who leaves can only revoke what they could revoke anyway.
    expectRefused(await plain.ask('DELETE', `/api/v1/members/${plain.id}?revoke=webhooks`));
    expect((await plain.ask('GET', '/api/v1/me')).status).toBe(200);
    expect((await c.bob.ask('DELETE', `/api/v1/members/${c.bob.id}?revoke=keys`)).status).toBe(204);
    expect((await statesOf(c)).keys).toEqual(['revoked', 'revoked', 'active']);
  });

  test('of the last owner, who cannot leave, is not revoked', async () => {
    const c = await cast('Last');
    const reply = await c.boss.ask(
      'DELETE',
      `/api/v1/members/${c.boss.id}?revoke=keys,inbound_secrets,webhooks`,
    );
    expect(reply).toMatchObject({ status: 409, json: { error: { code: 'conflict' } } });
    expect(await statesOf(c)).toEqual({
      keys: ['active', 'active', 'active'],
      secrets: [true, true, true],
      hooks: [200, 200, 200],
    });
  });
});

test('the other members are unchanged', async () => {
  const people: Person[] = [s.alice];
  for (const item of people) expect((await s.ask('GET', '/api/v1/me', { as: item })).status).toBe(200);
  expect(await roleOf(victim.id)).toBe('member');
});
