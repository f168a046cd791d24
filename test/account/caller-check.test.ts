import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Plan } from '../../src/account/plan.ts';
import { ask, secondServer, startScenario, type Ask, type Reply, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let other: Awaited<ReturnType<typeof secondServer>>;
beforeAll(async () => {
  s = await startScenario();
  // Like another process: it changes what the first server remembers.
  other = await secondServer(s);
});
afterAll(async () => {
  await other.stop();
  await s.stop();
});

interface Known {
  workspaceId: string;
  keyId: string;
  key: string;
  makerId: string;
}

let made = 0;

/** A member who never signs in. */
function makeManager(workspaceId: string): Promise<string> {
  const { db, users, members } = s.app.people;
  const name = `maker ${++made}`;
  return db.transaction(async (trx) => {
    const { id } = await users.create(trx, { email: `maker.${made}@acme.example`, name, password: null });
    await members.add(trx, workspaceId, id, 'manager');
    return id;
  });
}

/** A member's key that both servers have just used, for a write and for a read. */
async function knownKey(plan: Plan = 'unlimited'): Promise<Known> {
  const { id: workspaceId } = await s.app.workspaces.create({ name: 'Known', plan });
  const makerId = await makeManager(workspaceId);
  const { id: keyId, raw: key } = await s.app.keys.create({
    workspaceId,
    name: 'known',
    style: 'fairlead',
    createdBy: 'test',
    makerId,
  });
  const known = { workspaceId, keyId, key, makerId };
  for (const url of [s.url, other.url]) {
    for (const [request, status] of [
      [contact, 201],
      [lead, 201],
      [batch, 200],
      [list, 200],
    ] as const)
      expect((await ask(url, ...request(known))).status).toBe(status);
  }
  return known;
}

type Request = (as: Known, more?: Ask) => [method: string, path: string, ask: Ask];
const contact: Request = (as, more) => [
  'POST',
  '/api/v1/contacts',
  { as, body: { first_name: 'J' }, ...more },
];
const LEAD = { first_name: 'J', last_name: 'D', email: 'j@example.com' };
const lead: Request = (as, more) => ['POST', '/api/v1/leads', { as, body: LEAD, ...more }];
const attached: Request = (as, more) => [
  'POST',
  '/api/v1/leads?on_duplicate=attach',
  { as, body: LEAD, ...more },
];
const batch: Request = (as, more) => [
  'POST',
  '/api/v1/contacts/batch',
  { as, body: { records: [{ first_name: 'J' }] }, ...more },
];
const emptyBatch: Request = (as) => ['POST', '/api/v1/contacts/batch', { as, body: { records: [7] } }];
const invalidContact: Request = (as) => ['POST', '/api/v1/contacts', { as, body: { first_name: 7 } }];
const brokenJson: Request = (as) => ['POST', '/api/v1/contacts', { as, raw: '{"first_name"' }];
const list: Request = (as) => ['GET', '/api/v1/contacts', { as }];
const record: Request = (as) => ['GET', '/api/v1/contacts/01976d3c-1000-7000-8000-000000000001', { as }];

const REQUESTS: Record<string, Request> = {
  'a contact': contact,
  'a contact with an Idempotency-Key': (as) => contact(as, { headers: { 'idempotency-key': 'once' } }),
  'a lead': lead,
  'a lead that may be a duplicate': attached,
  'a batch': batch,
  'a batch without a valid record': emptyBatch,
  'an invalid contact': invalidContact,
  'a body that is not JSON': brokenJson,
  'a list': list,
  'a record': record,
};

/** The errors of `POST /leads` have no code. */
const CODES: Readonly<Record<string, string>> = {
  'This API key has expired.': 'api_key_expired',
  'The API key is missing, malformed, unknown or revoked.': 'unauthorized',
};

function refusalOf({ status, json: { error } }: Reply) {
  const code = typeof error === 'string' ? (CODES[error] ?? 'forbidden') : error.code;
  return { status, code };
}

/** Everything that a request may write in a workspace. */
async function written(workspaceId: string): Promise<Record<string, number>> {
  const { rows } = await s.db.pool.query<Record<string, number>>(
    `select (select count(*) from contact where workspace_id = $1) as contacts,
            (select count(*) from lead where workspace_id = $1) as leads,
            (select count(*) from event where workspace_id = $1) as events,
            (select count(*) from activity where workspace_id = $1) as activities,
            (select count(*) from idempotency where workspace_id = $1) as answers,
            (select event_seq from workspace_counter where workspace_id = $1) as seq,
            (select coalesce(sum(t), 0) from lead_counter c, unnest(c.taken) t where c.workspace_id = $1) as counted,
            (select coalesce(sum(t), 0) from quota q, unnest(q.taken) t where q.workspace_id = $1) as requests`,
    [workspaceId],
  );
  return rows[0]!;
}

const CHANGES: {
  name: string;
  change(key: Known): [sql: string, values: unknown[]];
  status: number;
  code: string;
}[] = [
  {
    name: 'the key was revoked',
    change: ({ keyId }) => ['update api_key set revoked_at = now() where id = $1', [keyId]],
    status: 401,
    code: 'unauthorized',
  },
  {
    name: 'the key has expired',
    change: ({ keyId }) => ["update api_key set expires_at = now() - interval '1 s' where id = $1", [keyId]],
    status: 401,
    code: 'api_key_expired',
  },
  {
    name: 'its scopes were narrowed',
    change: ({ keyId }) => ["update api_key set scopes = '{deals:read}' where id = $1", [keyId]],
    status: 403,
    code: 'forbidden',
  },
  {
    name: 'its maker has left',
    change: ({ makerId, workspaceId }) => [
      'delete from member where workspace_id = $2 and user_id = $1',
      [makerId, workspaceId],
    ],
    status: 403,
    code: 'forbidden',
  },
  {
    name: 'the plan has no API access',
    change: ({ workspaceId }) => ["update workspace set plan = 'free' where id = $1", [workspaceId]],
    status: 403,
    code: 'forbidden',
  },
  {
    name: 'the key is gone',
    change: ({ keyId }) => ['delete from api_key where id = $1', [keyId]],
    status: 401,
    code: 'unauthorized',
  },
];

describe.each(CHANGES)('$name: the very next request is refused', ({ change, status, code }) => {
  test.each(Object.entries(REQUESTS))('%s, and nothing is written', async (_name, request) => {
    const known = await knownKey();
    const before = await written(known.workspaceId);
    await s.db.pool.query(...change(known));
    for (const url of [other.url, s.url, other.url])
      expect(refusalOf(await ask(url, ...request(known)))).toEqual({ status, code });
    expect(await written(known.workspaceId)).toEqual(before);
  });
});

describe('keys whose requests are counted by the statement that writes', () => {
  test.each(CHANGES)(
    '$name: the very next write is refused, and not counted',
    async ({ change, ...refused }) => {
      const known = await knownKey('enterprise');
      const before = await written(known.workspaceId);
      await s.db.pool.query(...change(known));
      // Requests of a key whose maker has left are counted (AX3).
      const isCounted = refused.status === 403 && refused.name !== 'the plan has no API access';
      for (const [n, request] of [contact, lead, batch].entries()) {
        const reply = await ask([s.url, other.url][n % 2]!, ...request(known));
        expect(refusalOf(reply)).toEqual({ status: refused.status, code: refused.code });
      }
      const requests = before.requests! + (isCounted ? 3 : 0);
      expect(await written(known.workspaceId)).toEqual({ ...before, requests });
    },
  );

  test('each write is counted once: created, repeated, invalid, with a new tag, or over another limit', async () => {
    const known = await knownKey('enterprise');
    const requests: [Request, Ask, number][] = [
      [contact, {}, 201],
      [contact, { headers: { 'idempotency-key': 'counted' } }, 201],
      [contact, { headers: { 'idempotency-key': 'counted' } }, 201],
      [contact, { body: { first_name: 7 } }, 400],
      [contact, { body: { first_name: 'J', tags: ['new'] } }, 201],
      [contact, { raw: '{"first_name"' }, 400],
      [lead, {}, 201],
      [attached, {}, 200],
      [batch, {}, 200],
      [emptyBatch, {}, 200],
    ];
    let left = 1000 - 8;
    for (const [request, more, status] of requests) {
      const reply = await ask(s.url, ...request(known, more));
      left -= 1;
      expect([reply.status, reply.headers.get('x-ratelimit-remaining')]).toEqual([status, String(left)]);
    }
    expect(await written(known.workspaceId)).toMatchObject({ requests: 1000 - left });
  });

  test('one window over two keys and two servers: exactly as many writes as it has room', async () => {
    const known = await knownKey('paid');
    const { raw: key } = await s.app.keys.create({
      workspaceId: known.workspaceId,
      name: 'second',
      style: 'fairlead',
      createdBy: 'test',
    });
    await s.db.pool.query(
      'update quota set taken = array[900], starts = starts[:1] where workspace_id = $1',
      [known.workspaceId],
    );
    const replies = await Promise.all(
      Array.from({ length: 160 }, (_, n) =>
        ask([s.url, other.url][n % 2]!, ...[contact, lead, batch][n % 3]!(n % 5 ? known : { ...known, key })),
      ),
    );
    const passed = replies.filter(({ status }) => status !== 429);
    const left = passed.map(({ headers }) => Number(headers.get('x-ratelimit-remaining')));
    expect(left.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n));
    const refused = replies.filter(({ status }) => status === 429);
    expect(refused.map(({ headers }) => headers.has('retry-after'))).toEqual(refused.map(() => true));
    // Further keys that have written: the first wrote six records before.
    const { contacts, leads, requests } = await written(known.workspaceId);
    expect(contacts! + leads!).toBe(6 + passed.length);
    expect(requests).toBe(1000);
  });

  test('a write whose row of the window is missing is counted in a new one', async () => {
    const known = await knownKey('enterprise');
    await s.db.pool.query('delete from quota where workspace_id = $1', [known.workspaceId]);
    const reply = await ask(s.url, ...contact(known));
    expect([reply.status, reply.headers.get('x-ratelimit-remaining')]).toEqual([201, '999']);
  });
});

test('a demoted maker: the very next request has the rights of the new role', async () => {
  const known = await knownKey();
  const events = () => ask(s.url, 'GET', '/api/v1/events', { as: known });
  expect((await events()).status).toBe(200);
  await s.db.pool.query("update member set role = 'member' where workspace_id = $1 and user_id = $2", [
    known.workspaceId,
    known.makerId,
  ]);
  // A member may write records still, but reads no events.
  for (const request of [contact, lead]) expect((await ask(s.url, ...request(known))).status).toBe(201);
  expect((await events()).status).toBe(403);
});

test('a promoted maker and wider scopes count at the very next request', async () => {
  const known = await knownKey();
  const setScopes = (scopes: string[]) =>
    s.db.pool.query('update api_key set scopes = $2 where id = $1', [known.keyId, scopes]);
  await setScopes(['contacts:read']);
  expect((await ask(s.url, ...contact(known))).status).toBe(403);
  await setScopes(['contacts:read', 'contacts:write']);
  expect((await ask(s.url, ...contact(known))).status).toBe(201);
  await setScopes(['*']);
  expect((await ask(s.url, ...contact(known))).status).toBe(201);
  expect((await ask(s.url, ...lead(known))).status).toBe(201);
});

test('a plan that gains a window counts the very next request, at any server', async () => {
  const known = await knownKey();
  await s.db.pool.query("update workspace set plan = 'standard' where id = $1", [known.workspaceId]);
  const left: string[] = [];
  for (const url of [s.url, other.url, s.url]) {
    const reply = await ask(url, ...contact(known));
    expect(reply.status).toBe(201);
    left.push(reply.headers.get('x-ratelimit-remaining')!);
  }
  expect(left).toEqual(['99', '98', '97']);
});

test('a full window refuses the very next write at any server, and nothing is written', async () => {
  const known = await knownKey('standard');
  const used = 8;
  const sent = await Promise.all(
    Array.from({ length: 100 }, (_, n) => ask([s.url, other.url][n % 2]!, ...contact(known))),
  );
  expect(sent.filter(({ status }) => status === 201)).toHaveLength(100 - used);
  expect(sent.filter(({ status }) => status === 429)).toHaveLength(used);
  const before = await written(known.workspaceId);
  for (const url of [s.url, other.url]) {
    for (const request of [contact, lead, batch, list])
      expect((await ask(url, ...request(known))).status).toBe(429);
  }
  expect(await written(known.workspaceId)).toEqual(before);
});

test('one batch of writes holds a revoked key and a valid one: only the valid one is written', async () => {
  const [revoked, valid] = [await knownKey(), await knownKey()];
  const before = await written(revoked.workspaceId);
  await s.db.pool.query('update api_key set revoked_at = now() where id = $1', [revoked.keyId]);
  const replies = await Promise.all(
    Array.from({ length: 40 }, (_, n) => ask(s.url, ...contact([revoked, valid][n % 2]!))),
  );
  expect(replies.map(({ status }) => status)).toEqual(replies.map((_, n) => [401, 201][n % 2]));
  expect(await written(revoked.workspaceId)).toEqual(before);
});

test('an answer that is stored under an Idempotency-Key is not given to a revoked key', async () => {
  const known = await knownKey();
  const request = contact(known, { headers: { 'idempotency-key': 'stored' } });
  expect((await ask(s.url, ...request)).status).toBe(201);
  expect((await ask(s.url, ...request)).headers.get('idempotent-replayed')).toBe('true');
  await s.db.pool.query('update api_key set revoked_at = now() where id = $1', [known.keyId]);
  expect((await ask(s.url, ...request)).status).toBe(401);
});

test('another secret with the visible part of a remembered key is refused', async () => {
  const known = await knownKey();
  const guessed = `${known.key.slice(0, 16)}${'A'.repeat(known.key.length - 16)}`;
  expect((await ask(s.url, ...contact({ ...known, key: guessed }))).status).toBe(401);
  expect((await ask(s.url, ...contact(known))).status).toBe(201);
});
