import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkPassword, hashPassword } from '../../src/account/password.ts';
import { browser, cookieOf, makeMember, PASSWORD, tokenOf, type SignedIn } from '../kit/member.ts';
import { until } from '../kit/process.ts';
import { startScenario, type Reply, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let owner: SignedIn;
beforeAll(async () => {
  s = await startScenario();
  owner = await makeMember(s, 'owner', { name: 'Alice' });
});
afterAll(() => s.stop());

const post = (path: string, body: object, on: Scenario = s) =>
  on.ask('POST', `/api/v1/${path}`, { as: null, body });
const open = (token: string) => post('links/open', { token });
const expire = (kind: string) =>
  s.db.pool.query(`update link set expires_at = now() - interval '1 second' where kind = $1`, [kind]);

describe('the set-up link', () => {
  const person = { name: 'Bob', email: 'bob@new.example', password: PASSWORD };
  async function made() {
    const { id } = await s.app.workspaces.create({ name: 'New one' });
    const link = await s.app.people.db.transaction((trx) => s.app.signIn.setUpLink(trx, id));
    return { id, link, token: tokenOf(link) };
  }

  test('leads to the page of this installation, with its token in the fragment', async () => {
    const { link, id, token } = await made();
    expect(link).toBe(`${s.url}/setup#token=${token}`);
    expect((await open(token)).json).toMatchObject({
      kind: 'setup',
      workspace: { id, name: 'New one' },
      email: null,
      role: 'owner',
      has_account: false,
    });
  });

  test("creates the owner's account, names the workspace, and signs them in", async () => {
    const { id, token } = await made();
    const reply = await post('setup', { ...person, token, workspace_name: 'Harbour' });
    expect(reply.status, reply.text).toBe(201);
    expect(reply.json).toMatchObject({ role: 'owner', workspace: { id, name: 'Harbour' } });
    const page = browser(s.url, cookieOf(reply));
    expect((await page.ask('GET', '/api/v1/session')).json.user.name).toBe('Bob');
  });

  test('is invalid after its use', async () => {
    const { token } = await made();
    expect((await post('setup', { ...person, email: 'b2@new.example', token })).status).toBe(201);
    for (const reply of [
      await post('setup', { ...person, email: 'b3@new.example', token }),
      await open(token),
    ])
      expect(reply).toMatchObject({ status: 404, json: { error: { code: 'not_found' } } });
  });

  test('used by two at once, only one of them owns the workspace', async () => {
    const { id, token } = await made();
    const replies = await Promise.all(
      ['c1', 'c2', 'c3'].map((name) => post('setup', { ...person, email: `${name}@new.example`, token })),
    );
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 404, 404]);
    const { rows } = await s.db.pool.query('select from member where workspace_id = $1', [id]);
    expect(rows).toHaveLength(1);
    const { rows: users } = await s.db.pool.query(`select from app_user where email like 'c_@new.example'`);
    expect(users).toHaveLength(1);
  });

  test('is invalid after its expiry', async () => {
    const { token } = await made();
    await expire('setup');
    expect((await post('setup', { ...person, email: 'b4@new.example', token })).status).toBe(404);
  });

  test('stays valid after an error, which creates nothing', async () => {
    const { id, token } = await made();
    const refused: [object, number, string | undefined][] = [
      [{ ...person, password: 'short' }, 400, 'password'],
      [{ ...person, email: 'nowhere' }, 400, 'email'],
      [{ ...person, name: ' ' }, 400, 'name'],
      [{ ...person, workspace_name: '' }, 400, 'workspace_name'],
      [{ ...person, email: owner.email }, 409, undefined],
    ];
    for (const [body, status, field] of refused) {
      const reply = await post('setup', { ...body, token });
      expect(reply.status, reply.text).toBe(status);
      expect(reply.json.error.fields?.[0].field).toBe(field);
    }
    const { rows } = await s.db.pool.query('select from member where workspace_id = $1', [id]);
    expect(rows).toHaveLength(0);
    expect((await post('setup', { ...person, email: 'b5@new.example', token })).status).toBe(201);
  });

  test('is valid for nothing else', async () => {
    const { token } = await made();
    expect((await post('invitations/accept', { token, name: 'X', password: PASSWORD })).status).toBe(404);
    expect((await post('password-resets/confirm', { token, password: PASSWORD })).status).toBe(404);
    expect((await open(token)).status).toBe(200);
  });
});

describe('an invitation', () => {
  const invite = (email: string, role = 'member') =>
    owner.ask('POST', '/api/v1/invitations', { body: { email, role } });

  test('adds a new user with the given role', async () => {
    const made = await invite('dora@acme.example', 'manager');
    expect(made).toMatchObject({ status: 201, json: { state: 'pending', role: 'manager', mailed: false } });
    const token = tokenOf(made.json.url);
    expect((await open(token)).json).toMatchObject({
      kind: 'invitation',
      workspace: { name: 'Acme' },
      email: 'dora@acme.example',
      role: 'manager',
    });
    const nameless = await post('invitations/accept', { token, password: PASSWORD });
    expect(nameless.json.error.fields[0].field).toBe('name');
    const reply = await post('invitations/accept', { token, name: 'Dora', password: PASSWORD });
    expect(reply.json).toMatchObject({ role: 'manager', user: { name: 'Dora', email: 'dora@acme.example' } });
    expect((await post('invitations/accept', { token, name: 'Dora', password: PASSWORD })).status).toBe(404);
    const listed = (await owner.ask('GET', '/api/v1/invitations')).json.data;
    expect(listed.map(({ email }: { email: string }) => email)).not.toContain('dora@acme.example');
  });

  test('adds a user with an account by its password; a wrong one leaves it valid', async () => {
    const charlie = await makeMember(s, 'owner', {
      name: 'Charlie',
      workspaceId: s.charlie.workspaceId,
      isHashed: true,
    });
    const token = tokenOf((await invite(charlie.email.toUpperCase(), 'admin')).json.url);
    expect((await post('invitations/accept', { token, password: 'wrong horse battery' })).status).toBe(401);
    const reply = await post('invitations/accept', { token, password: PASSWORD });
    expect(reply.json).toMatchObject({
      role: 'admin',
      user: { id: charlie.id },
      workspace: { name: 'Acme' },
    });
    expect(reply.json.workspaces).toHaveLength(2);
    expect((await invite(charlie.email)).status).toBe(409);
  });

  test('reveals to nobody whether its address has an account, neither by its link nor by a wrong password', async () => {
    const known = await makeMember(s, 'owner', {
      name: 'Known',
      workspaceId: s.charlie.workspaceId,
      isHashed: true,
    });
    const tokens = [
      tokenOf((await invite(known.email)).json.url),
      tokenOf((await invite('unknown@acme.example')).json.url),
    ];
    const both = async (ask: (token: string) => Promise<Reply>) => {
      const [item, other] = await Promise.all(tokens.map(ask));
      const shown = ({ status, json }: Reply) => {
        const { request_id: _, ...error } = json.error ?? {};
        return { status, json: { ...json, email: null, expires_at: null, error } };
      };
      expect(shown(item!)).toEqual(shown(other!));
      return item!;
    };
    expect((await both(open)).status).toBe(200);
    const accept = (more: object) => both((token) => post('invitations/accept', { token, ...more }));
    expect((await accept({ password: 'wrong horse battery' })).status).toBe(401);
    expect((await accept({ password: 'short' })).status).toBe(401);
    expect((await accept({ name: 'Mallory', password: 'short' })).status).toBe(400);
    expect((await accept({ name: 'Mallory', password: 'password123' })).status).toBe(400);
    expect((await accept({ name: '', password: PASSWORD })).status).toBe(400);
    // Both are still valid.
    const [entry, other] = tokens;
    expect((await post('invitations/accept', { token: entry, password: PASSWORD })).status).toBe(201);
    expect((await post('invitations/accept', { token: other, name: 'New', password: PASSWORD })).status).toBe(
      201,
    );
  });

  test('sets no password for an existing account: it may belong to other workspaces', async () => {
    const { db, users, members } = s.app.people;
    const email = 'early@elsewhere.example';
    await db.transaction(async (trx) => {
      const user = await users.create(trx, { email, name: 'Early', password: null });
      await members.add(trx, s.charlie.workspaceId, user.id, 'owner');
    });
    const token = tokenOf((await invite(email)).json.url);
    const reply = await post('invitations/accept', { token, name: 'Mallory', password: PASSWORD });
    expect(reply).toMatchObject({ status: 409, json: { error: { code: 'conflict' } } });
    expect((await users.byEmail(email))!.password).toBeNull();
    expect((await open(token)).status).toBe(200);
  });

  test('is listed without its link, shown as expired when it is, and can be withdrawn', async () => {
    const { id, url } = (await invite('erik@acme.example')).json;
    const listed = () => owner.ask('GET', '/api/v1/invitations');
    const reply = await listed();
    expect(reply.json.data[0]).toMatchObject({
      id,
      email: 'erik@acme.example',
      invited_by: `user:${owner.id}`,
    });
    expect(reply.text).not.toContain(tokenOf(url));
    await expire('invitation');
    expect((await listed()).json.data[0].state).toBe('expired');
    expect((await open(tokenOf(url))).status).toBe(404);
    const second = (await invite('erik@acme.example')).json;
    expect(
      (await listed()).json.data.filter(({ email }: { email: string }) => email === 'erik@acme.example'),
    ).toHaveLength(1);
    expect((await s.ask('DELETE', `/api/v1/invitations/${second.id}`, { as: s.charlie })).status).toBe(404);
    expect((await owner.ask('DELETE', `/api/v1/invitations/${second.id}`)).status).toBe(204);
    expect((await owner.ask('DELETE', `/api/v1/invitations/${second.id}`)).status).toBe(404);
    expect((await open(tokenOf(second.url))).status).toBe(404);
  });

  test('an Idempotency-Key returns the same link again', async () => {
    const ask = () =>
      owner.ask('POST', '/api/v1/invitations', {
        body: { email: 'twice@acme.example', role: 'member' },
        headers: { 'idempotency-key': 'invite-once' },
      });
    const [first, second] = [await ask(), await ask()];
    expect(second.json.url).toBe(first.json.url);
    const { rows } = await s.db.pool.query('select body from idempotency where key = $1', ['invite-once']);
    expect(rows[0].body).not.toContain(tokenOf(first.json.url));
  });
});

describe('a common password', () => {
  const COMMON = [
    'password123',
    'PassWord123',
    'qwertyuiop',
    '1234567890',
    '0123456789',
    '9876543210',
    '1q2w3e4r5t',
    'Manchester',
    'iloveyou123',
    'abcdefghijk',
    'abcabcabcabc',
    ' password123 ',
    '\uff50assword123',
  ];
  const OWN = [
    'frida.fox@acme.example',
    'frida.fox1',
    'FRIDA.FOX2026!',
    'Frida Fox 12',
    'fridafox99',
    'fairlead2026',
    'Fairlead!!',
  ];

  test.each([...COMMON, ...OWN])('%s is rejected everywhere', async (password) => {
    const { db, users, members, signIn } = { ...s.app.people, signIn: s.app.signIn };
    const person = { name: 'Frida Fox', email: 'frida.fox@acme.example' };
    const { id } = await s.app.workspaces.create({ name: 'New one' });
    const { setUp, reset } = await db.transaction(async (trx) => {
      const known = await users.byEmail(person.email);
      const user = known ?? (await users.create(trx, { ...person, password: null }));
      if (!known) await members.add(trx, s.charlie.workspaceId, user.id, 'owner');
      return {
        setUp: tokenOf(await signIn.setUpLink(trx, id)),
        reset: tokenOf(await signIn.resetLink(trx, user.id, 'test')),
      };
    });
    const invited = await owner.ask('POST', '/api/v1/invitations', { body: { email: person.email } });
    for (const reply of [
      await post('setup', { ...person, token: setUp, password }),
      await post('password-resets/confirm', { token: reset, password }),
      await post('invitations/accept', { token: tokenOf(invited.json.url), name: person.name, password }),
    ]) {
      expect(reply.status, reply.text).toBe(400);
      expect(reply.json.error.fields[0].field).toBe('password');
      expect(reply.text).not.toContain(password);
    }
  });

  test('nor can it be changed to; a user who has one from before signs in with it', async () => {
    const item = await makeMember(s, 'member');
    const body = { current_password: PASSWORD, password: 'password123' };
    const reply = await item.ask('PUT', '/api/v1/password', { body });
    expect(reply.status).toBe(400);
    expect(reply.json.error.fields[0].field).toBe('password');
    await s.db.pool.query('update app_user set password = $2 where id = $1', [
      item.id,
      await hashPassword('password123'),
    ]);
    expect((await post('session', { email: item.email, password: 'password123' })).status).toBe(201);
  });

  test.each(['correct horse battery', 'fairlead is a fine program', 'Frida went to the market'])(
    '%s is accepted',
    async (password) => {
      const frida = { name: 'Frida Fox', email: 'frida.fox@acme.example' };
      await expect(checkPassword(password, frida)).resolves.toBeUndefined();
    },
  );
});

test('of several links for one purpose that are made at once, one is valid', async () => {
  const { db } = s.app.people;
  const boss = await makeMember(s, 'owner');
  const { user } = (await boss.ask('GET', '/api/v1/me')).json;
  const resets = Array.from({ length: 3 }, () =>
    db.transaction((trx) => s.app.signIn.resetLink(trx, user.id, 'test')),
  );
  const invitations = ['eve@acme.example', 'Eve@acme.example', 'eve@acme.example'].map(async (email) => {
    const made = await boss.ask('POST', '/api/v1/invitations', { body: { email, role: 'member' } });
    return made.json.url as string;
  });
  for (const made of [resets, invitations]) {
    const links = await Promise.all(made);
    const opened = await Promise.all(links.map((url) => post('links/open', { token: tokenOf(url) })));
    expect(opened.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 404, 404]);
  }
});

describe('without mail', () => {
  test('a password reset cannot be requested; the error says who can help', async () => {
    const reply = await post('password-resets', { email: owner.email });
    expect(reply).toMatchObject({ status: 503, json: { error: { code: 'not_configured' } } });
    expect(reply.json.error.message).toContain('fairlead user reset');
  });
});

describe('with mail', () => {
  let m: Scenario;
  let person: SignedIn;
  let inbox: string[];
  let server: SMTPServer;
  beforeAll(async () => {
    inbox = [];
    server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onData(stream, _session, done) {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          // Soft line breaks of quoted-printable cut links in two.
          inbox.push(Buffer.concat(chunks).toString().replaceAll('=\r\n', '').replaceAll('=3D', '='));
          done();
        });
      },
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.server.address() as AddressInfo;
    m = await startScenario({
      SMTP_URL: `smtp://127.0.0.1:${port}`,
      FAIRLEAD_MAIL_FROM: 'Acme CRM <crm@acme.example>',
      FAIRLEAD_PUBLIC_URL: 'https://crm.acme.example',
    });
    person = await makeMember(m, 'owner', { name: 'Mailed Alice' });
  });
  afterAll(async () => {
    await m.stop();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const arrives = async () => {
    await until(() => inbox.length > 0);
    return inbox.shift()!;
  };
  const linkIn = (mail: string) => /https:\/\/crm\.acme\.example\/\S+#token=[\w-]{43}/.exec(mail)![0];

  test('an invitation is mailed too', async () => {
    const made = await person.ask('POST', '/api/v1/invitations', {
      body: { email: 'fred@acme.example', role: 'member' },
    });
    expect(made.json.mailed).toBe(true);
    const mail = await arrives();
    expect(mail).toContain('To: fred@acme.example');
    expect(mail).toContain('From: Acme CRM <crm@acme.example>');
    expect(mail).toContain('Mailed Alice');
    expect(linkIn(mail)).toBe(made.json.url);
  });

  test('a password reset sends a link that works once, and ends all sessions; nobody else gets a mail', async () => {
    const ask = (email: string) => post('password-resets', { email }, m);
    const unknown = await ask('nobody@acme.example');
    const known = await ask(person.email);
    expect([unknown.status, known.status]).toEqual([202, 202]);
    expect(unknown.text).toBe(known.text);
    const mail = await arrives();
    expect(mail).toContain(`To: ${person.email}`);
    expect(linkIn(mail)).toContain('/reset-password#token=');
    const confirm = (password: string) =>
      post('password-resets/confirm', { token: tokenOf(linkIn(mail)), password }, m);
    expect((await confirm('short')).json.error.fields[0].field).toBe('password');
    expect((await confirm('a new good password')).status).toBe(201);
    expect((await confirm('yet another password')).status).toBe(404);
    expect((await person.ask('GET', '/api/v1/me')).status).toBe(401);
    const signIn = (password: string) => post('session', { email: person.email, password }, m);
    expect((await signIn(PASSWORD)).status).toBe(401);
    expect((await signIn('a new good password')).status).toBe(201);
    expect(inbox).toEqual([]);
  });

  test('repeated requests do not flood a mailbox', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 8; n++)
      statuses.push((await post('password-resets', { email: person.email }, m)).status);
    expect(statuses).toContain(429);
    expect(statuses.filter((status) => status === 202).length).toBeLessThanOrEqual(5);
    const opens = async (mail: string) =>
      (await post('links/open', { token: tokenOf(linkIn(mail)) }, m)).status === 200;
    const valid = async () => (await Promise.all(inbox.map(opens))).filter(Boolean).length;
    await until(async () => (await valid()) > 0);
    expect(inbox.length).toBeLessThanOrEqual(statuses.filter((status) => status === 202).length);
    // Only the last link is valid; a link that was replaced before it was mailed is not mailed.
    expect(await valid()).toBe(1);
  });

  test('a password reset that was replaced while the mail server was away is not mailed any more', async () => {
    const broken = await startScenario({ SMTP_URL: 'smtp://127.0.0.1:1' });
    try {
      const boss = await makeMember(broken, 'owner');
      const states = async () =>
        (await broken.db.pool.query('select state, last_error from mail order by created_at, id')).rows;
      for (let n = 1; n <= 2; n++) {
        await post('password-resets', { email: boss.email }, broken);
        await until(async () => (await states()).length === n);
      }
      await until(async () => (await states()).every(({ last_error: error }) => error !== null));
      await broken.db.pool.query("update mail set due_at = now() - interval '1 second'");
      await until(async () => (await states())[0].state === 'cancelled');
      await until(async () => (await states())[1].state === 'queued');
      expect((await states())[0].last_error).toBe('no longer valid');
    } finally {
      await broken.stop();
    }
  });

  test('a mail server that is gone fails no invitation: the link is in the response', async () => {
    const broken = await startScenario({ SMTP_URL: 'smtp://127.0.0.1:1' });
    try {
      const boss = await makeMember(broken, 'owner');
      const body = { email: 'g@acme.example', role: 'member' };
      const made = await boss.ask('POST', '/api/v1/invitations', { body });
      expect(made.status).toBe(201);
      expect(made.json.url).toContain('#token=');
    } finally {
      await broken.stop();
    }
  });
});
