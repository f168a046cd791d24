// Long: it waits for passwords that are hashed at their cost in operation, 20 s.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, secondServer, startScenario, type Reply, type Scenario } from '../kit/scenario.ts';
import { makeMember, PASSWORD, tokenOf, type SignedIn } from '../kit/member.ts';

const [MALLORY, ALICE] = ['198.51.100.1', '198.51.100.2'];

let s: Scenario;
let proxied: Awaited<ReturnType<typeof secondServer>>;
let owner: SignedIn;
beforeAll(async () => {
  s = await startScenario();
  owner = await makeMember(s, 'owner', { isHashed: true });
  proxied = await secondServer(s, { FAIRLEAD_TRUST_PROXY: '127.0.0.1' });
});
afterAll(async () => {
  await proxied.stop();
  await s.stop();
});

const post = (address: string, path: string, body: object): Promise<Reply> =>
  ask(proxied.url, 'POST', `/api/v1/${path}`, { body, headers: { 'x-forwarded-for': address } });
const signIn = (address: string, email: string, password = PASSWORD) =>
  post(address, 'session', { email, password });
const statuses = (replies: Reply[]) => replies.map(({ status }) => status);

test('fifty concurrent wrong attempts from one address: few are checked, and others can sign in', async () => {
  let answered = 0;
  const wrong = Array.from({ length: 50 }, async (_, at) => {
    const reply = await signIn(MALLORY, `nobody${at}@acme.example`, 'guess guess guess');
    if (reply.status === 401) answered += 1;
    return reply;
  });
  const right = await signIn(ALICE, owner.email);
  expect(right.status).toBe(201);
  // One or two had their turn at the same time; the rest waits or was rejected.
  expect(answered).toBeLessThanOrEqual(3);
  const replies = await Promise.all(wrong);
  const refused = replies.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThanOrEqual(40);
  for (const { headers } of refused) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  // Attempts that were never checked are not failures.
  expect((await signIn(MALLORY, owner.email)).status).toBe(201);
});

test('repeated correct passwords are slowed down, for that address only', async () => {
  const item = await makeMember(s, 'member', { isHashed: true });
  const here = () => signIn('198.51.100.3', item.email);
  await s.db.pool.query('delete from sign_in_failure');
  expect((await here()).status).toBe(201);
  // As after 28 more within the minute.
  await s.db.pool.query('update sign_in_failure set count = count + 28 where count > 0');
  const replies = [await here(), await here(), await here()];
  expect(statuses(replies)).toEqual([201, 429, 429]);
  const wait = Number(replies.at(-1)!.headers.get('retry-after'));
  expect(wait).toBeGreaterThan(0);
  expect(wait).toBeLessThanOrEqual(60);
  expect((await signIn('198.51.100.4', item.email)).status).toBe(201);
  await s.db.pool.query(`update sign_in_failure set since = since - interval '61 seconds'`);
  expect((await here()).status).toBe(201);
});

test('an address that is rejected repeatedly locks nobody out elsewhere', async () => {
  const item = await makeMember(s, 'member', { isHashed: true });
  for (let n = 0; n < 110; n++) await signIn('198.51.100.5', item.email, 'guess guess guess');
  expect((await signIn('198.51.100.5', item.email)).status).toBe(429);
  expect((await signIn('198.51.100.6', item.email)).status).toBe(201);
});

test.each<[string, (address: string) => Promise<() => Promise<Reply>>]>([
  [
    'setting up a workspace',
    async (address) => {
      const { id } = await s.app.workspaces.create({ name: 'New one' });
      const link = await s.db.transaction((trx) => s.app.signIn.setUpLink(trx, id));
      const body = { token: tokenOf(link), name: 'Bob', email: 'bob@new.example', password: PASSWORD };
      return () => post(address, 'setup', body);
    },
  ],
  [
    'accepting an invitation',
    async (address) => {
      const body = { email: 'eve@acme.example', role: 'member' };
      const { url } = (await owner.ask('POST', '/api/v1/invitations', { body })).json;
      return () => post(address, 'invitations/accept', { token: tokenOf(url), password: PASSWORD });
    },
  ],
  [
    'setting a new password',
    async (address) => {
      const item = await makeMember(s, 'member', { isHashed: true });
      const link = await s.db.transaction((trx) => s.app.signIn.resetLink(trx, item.id, 'test'));
      return () => post(address, 'password-resets/confirm', { token: tokenOf(link), password: PASSWORD });
    },
  ],
  [
    'changing a password',
    async (address) => {
      const { cookie } = await makeMember(s, 'member', { isHashed: true });
      const headers = { cookie, origin: proxied.url, 'x-forwarded-for': address };
      const body = { current_password: 'guess guess guess', password: 'another good one' };
      return () => ask(proxied.url, 'PUT', '/api/v1/password', { body, headers });
    },
  ],
])('%s is limited in the same way', async (name, prepare) => {
  const send = await prepare(`192.0.2.${name.length}`);
  const replies = await Promise.all(Array.from({ length: 9 }, send));
  const refused = replies.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(0);
  for (const { headers } of refused) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  expect(statuses(replies).filter((status) => status >= 500)).toEqual([]);
});
