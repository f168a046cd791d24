// Long: it waits for checks of a session every 1 s.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStream, type EventSource } from '../kit/event-source.ts';
import { makeMember, type SignedIn } from '../kit/member.ts';
import { secondServer, startScenario, type Scenario } from '../kit/scenario.ts';

const STREAM = '/api/v1/events/stream?after=latest';

let s: Scenario;
let other: Awaited<ReturnType<typeof secondServer>>;
const open: EventSource[] = [];
beforeAll(async () => {
  s = await startScenario();
  // Rights are revoked by one process while streams are open at the other.
  other = await secondServer(s);
});
afterAll(async () => {
  for (const item of open) item.close();
  await other.stop();
  await s.stop();
});

/** A reader of the feed of its own workspace. */
interface Reader {
  headers: Record<string, string>;
  workspaceId: string;
  keyId: string;
  owner: SignedIn;
  member: SignedIn;
}

async function reader(by: 'key' | 'session'): Promise<Reader> {
  const { id: workspaceId } = await s.app.workspaces.create({ name: 'Alone' });
  const [owner, member] = [
    await makeMember(s, 'owner', { workspaceId }),
    await makeMember(s, 'manager', { workspaceId }),
  ];
  const scopes = ['events:read', 'contacts:read'];
  const { id: keyId, raw } = await s.app.keys.create({
    workspaceId,
    name: 'reader',
    style: 'fairlead',
    scopes,
    createdBy: 'test',
  });
  await s.db.pool.query('update api_key set maker_id = $2 where id = $1', [keyId, member.id]);
  const headers: Record<string, string> =
    by === 'key' ? { authorization: `Bearer ${raw}` } : { cookie: member.cookie };
  return { headers, workspaceId, keyId, owner, member };
}

const sql =
  (text: string) =>
  ({ workspaceId, keyId, member }: Reader) =>
    s.db.pool.query(
      text.replace('$w', `'${workspaceId}'`).replace('$k', `'${keyId}'`).replace('$u', `'${member.id}'`),
    );

type Loss = [name: string, by: 'key' | 'session', status: number, take: (lost: Reader) => Promise<unknown>];
const LOSSES: Loss[] = [
  [
    'its scope',
    'key',
    403,
    ({ owner, keyId }) =>
      owner.ask('PATCH', `/api/v1/api-keys/${keyId}`, { body: { scopes: ['contacts:read'] } }),
  ],
  [
    'a scope that its maker lost',
    'key',
    403,
    ({ owner, member }) => owner.ask('PATCH', `/api/v1/members/${member.id}`, { body: { role: 'member' } }),
  ],
  ['its maker', 'key', 403, ({ owner, member }) => owner.ask('DELETE', `/api/v1/members/${member.id}`)],
  ['its time', 'key', 401, sql(`update api_key set expires_at = now() where id = $k`)],
  ['itself', 'key', 401, ({ owner, keyId }) => owner.ask('DELETE', `/api/v1/api-keys/${keyId}`)],
  ['a plan with an API', 'key', 403, sql(`update workspace set plan = 'free' where id = $w`)],
  [
    'its role',
    'session',
    403,
    ({ owner, member }) => owner.ask('PATCH', `/api/v1/members/${member.id}`, { body: { role: 'member' } }),
  ],
  [
    'its membership',
    'session',
    401,
    ({ owner, member }) => owner.ask('DELETE', `/api/v1/members/${member.id}`),
  ],
  ['its time', 'session', 401, sql(`update session set expires_at = now() where user_id = $u`)],
  ['itself, by signing out', 'session', 401, ({ member }) => member.ask('DELETE', '/api/v1/session')],
];

async function follow({ headers }: Reader, query = ''): Promise<EventSource> {
  const source = await openStream(`${other.url}${STREAM}${query}`, headers);
  open.push(source);
  return source;
}

async function addContact({ owner }: Reader): Promise<void> {
  const reply = await owner.ask('POST', '/api/v1/contacts', { body: { first_name: 'Jane' } });
  expect(reply.status, reply.text).toBe(201);
}

async function take(lost: Reader, loss: Loss[3]): Promise<void> {
  const reply = (await loss(lost)) as { status?: number };
  expect(reply.status ?? 200).toBeLessThan(300);
}

test.each(LOSSES)(
  'losing %s, a %s gets no further record: streams end, busy and idle, and waiting requests are refused',
  async (_name, by, status, loss) => {
    const item = await reader(by);
    const [busy, idle] = [await follow(item), await follow(item, '&types=deal.created')];
    await addContact(item);
    await expect.poll(() => busy.events().length, { timeout: 5_000 }).toBe(1);
    const waiting = fetch(`${other.url}/api/v1/events?after=latest&wait=20`, { headers: item.headers });
    // It is waiting by now: it gets what comes after `latest`.
    await sleep(500);
    await take(item, loss);
    await addContact(item);
    const reply = await waiting;
    expect(reply.status).toBe(status);
    expect(await reply.text()).not.toContain('Jane');
    expect(await busy.ended).toBe('ended');
    expect(busy.events()).toHaveLength(1);
    expect(await idle.ended).toBe('ended');
  },
  30_000,
);

test('a change that keeps the right to read ends nothing', async () => {
  const item = await reader('key');
  const source = await follow(item);
  await take(item, ({ owner, member }) =>
    owner.ask('PATCH', `/api/v1/members/${member.id}`, { body: { role: 'admin' } }),
  );
  await take(item, ({ owner, keyId }) =>
    owner.ask('PATCH', `/api/v1/api-keys/${keyId}`, { body: { scopes: ['events:read'] } }),
  );
  await sleep(1_500);
  await addContact(item);
  await expect.poll(() => source.events().length, { timeout: 5_000 }).toBe(1);
});
