import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PLANS, type Plan } from '../../src/account/plan.ts';
import { makeCounter } from '../../src/account/quota.ts';
import { systemClock } from '../../src/base/clock.ts';
import { until } from '../kit/process.ts';
import { startReceiver } from '../kit/receiver.ts';
import { ask, secondServer, startScenario, type Person, type Reply, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario();
});
afterAll(() => s.stop());

/** A user with a workspace of their own on this plan. */
async function somebodyOn(plan: Plan): Promise<Person> {
  const { id: workspaceId } = await s.app.workspaces.create({ name: plan, plan });
  return another(workspaceId);
}

async function another(workspaceId: string, scopes: readonly string[] = ['*']): Promise<Person> {
  const key = { workspaceId, name: 'somebody', style: 'fairlead' as const, scopes, createdBy: 'test' };
  const { id, raw } = await s.app.keys.create(key);
  return { workspaceId, keyId: id, key: raw };
}

const me = (as: Person) => s.ask('GET', '/api/v1/me', { as });
const statuses = (replies: Reply[]) => {
  const counts: Record<number, number> = {};
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
};
const numberIn = (reply: Reply, header: string) => Number(reply.headers.get(header) ?? Number.NaN);

/** Shifts all counted requests into the past. */
async function backdate(workspaceId: string, seconds: number): Promise<void> {
  await s.db.pool.query(
    `update quota set starts = array(select start - $2::bigint from unnest(starts) with ordinality u(start, i) order by i)
     where workspace_id = $1`,
    [workspaceId, seconds],
  );
}

/** The count in the store. */
async function counted(workspaceId: string): Promise<number> {
  const { rows } = await s.db.pool.query<{ n: number }>(
    'select coalesce(sum(t), 0)::int as n from quota, unnest(taken) t where workspace_id = $1',
    [workspaceId],
  );
  return rows[0]!.n;
}

/** A second server on the same database, like another process. */
describe('AX3: every authenticated response has the limit and the remaining requests', () => {
  const paths: [string, string, number, unknown?][] = [
    ['GET', '/api/v1/me', 200],
    ['POST', '/api/v1/contacts', 201, { first_name: 'Jane' }],
    ['POST', '/api/v1/contacts', 400, { first_name: 7 }],
    ['GET', '/api/v1/contacts/nonsense', 404],
    ['GET', '/api/v1/contacts?limit=x', 400],
  ];
  for (const [method, path, status, body] of paths) {
    test(`${method} ${path}: ${status}, on plan unlimited with a number, on plan paid with one less`, async () => {
      const free = await s.ask(method, path, { body });
      expect(free.status).toBe(status);
      expect(numberIn(free, 'x-ratelimit-limit')).toBeGreaterThanOrEqual(1_000_000);
      expect(numberIn(free, 'x-ratelimit-remaining')).toBeGreaterThanOrEqual(1_000_000);
      expect(free.headers.get('ratelimit-policy')).toBeNull();
      const paid = await somebodyOn('paid');
      expect(numberIn(await me(paid), 'x-ratelimit-remaining')).toBe(999);
      const limited = await s.ask(method, path, { as: paid, body });
      expect(limited.status).toBe(status);
      expect(numberIn(limited, 'x-ratelimit-limit')).toBe(1000);
      expect(numberIn(limited, 'x-ratelimit-remaining')).toBe(998);
    });
  }

  test('also a refusal for the scope, which is counted; not one for the key', async () => {
    const { workspaceId } = await somebodyOn('paid');
    const reader = await another(workspaceId, ['contacts:read']);
    const refused = await s.ask('POST', '/api/v1/contacts', { as: reader, body: { first_name: 'Jane' } });
    expect(refused.status).toBe(403);
    expect(numberIn(refused, 'x-ratelimit-remaining')).toBe(999);
    const stranger = await s.ask('GET', '/api/v1/me', {
      as: `${reader.key.slice(0, -1)}${reader.key.endsWith('x') ? 'y' : 'x'}`,
    });
    expect(stranger.status).toBe(401);
    expect(stranger.headers.get('x-ratelimit-limit')).toBeNull();
    expect(await counted(workspaceId)).toBe(1);
  });

  test('a response replayed by Idempotency-Key has the current state, not the stored one', async () => {
    const paid = await somebodyOn('paid');
    const again = () =>
      s.ask('POST', '/api/v1/contacts', {
        as: paid,
        body: { first_name: 'Jane' },
        headers: { 'idempotency-key': 'once' },
      });
    const [first, second] = [await again(), await again()];
    expect(second.json).toEqual(first.json);
    expect(numberIn(first, 'x-ratelimit-remaining')).toBe(999);
    expect(numberIn(second, 'x-ratelimit-remaining')).toBe(998);
  });

  test("the IETF's headers name the window", async () => {
    const reply = await me(await somebodyOn('standard'));
    expect(reply.headers.get('ratelimit-policy')).toBe('"key-60";q=100;w=60');
    expect(reply.headers.get('ratelimit')).toMatch(/^"key-60";r=99;t=(6[01]|60)$/);
  });
});

describe('AX14: 1,000 requests in any 24 hours per workspace, exactly', () => {
  let first: Person;
  beforeEach(async () => {
    first = await somebodyOn('paid');
    await me(first);
    // 900 of them an hour ago.
    await s.db.pool.query('update quota set taken = array[900] where workspace_id = $1', [first.workspaceId]);
    await backdate(first.workspaceId, 3600);
  });

  test('200 concurrent requests with 100 left: 100 pass, the rest gets Retry-After', async () => {
    const replies = await Promise.all(Array.from({ length: 200 }, () => me(first)));
    expect(statuses(replies)).toEqual({ 200: 100, 429: 100 });
    const left = replies.flatMap((r) => (r.status === 200 ? [numberIn(r, 'x-ratelimit-remaining')] : []));
    expect(left.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n));
    const refused = replies.find(({ status }) => status === 429)!;
    expect(refused.json.error.code).toBe('rate_limited');
    expect(numberIn(refused, 'x-ratelimit-remaining')).toBe(0);
    // The 900 leave 24 hours after the slice they are counted in.
    expect(numberIn(refused, 'retry-after')).toBeGreaterThan(22.9 * 3600);
    expect(numberIn(refused, 'retry-after')).toBeLessThanOrEqual(23 * 3600 + 60);
    expect(await counted(first.workspaceId)).toBe(1000);
  });

  test('the same over two processes and two keys: more keys do not raise the limit', async () => {
    const second = await another(first.workspaceId);
    const other = await secondServer(s);
    try {
      const replies = await Promise.all(
        Array.from({ length: 200 }, (_, n) =>
          ask(n % 2 ? s.url : other.url, 'GET', '/api/v1/me', { as: n % 3 ? first : second }),
        ),
      );
      expect(statuses(replies)).toEqual({ 200: 100, 429: 100 });
      expect(await counted(first.workspaceId)).toBe(1000);
    } finally {
      await other.stop();
    }
  });

  test('a new process continues the count of the previous one', async () => {
    for (let n = 0; n < 3; n++) await me(first);
    const other = await secondServer(s);
    try {
      const reply = await ask(other.url, 'GET', '/api/v1/me', { as: first });
      expect(numberIn(reply, 'x-ratelimit-remaining')).toBe(96);
    } finally {
      await other.stop();
    }
  });

  test('refused requests do not count; the window slides, and old slices are removed', async () => {
    await Promise.all(Array.from({ length: 120 }, () => me(first)));
    expect((await me(first)).status).toBe(429);
    // Requests an hour before the last have left the window; the last hundred have not.
    await backdate(first.workspaceId, 23 * 3600 + 120);
    const after = await me(first);
    expect(after.status).toBe(200);
    expect(numberIn(after, 'x-ratelimit-remaining')).toBe(899);
    await backdate(first.workspaceId, 86_400 + 120);
    expect(numberIn(await me(first), 'x-ratelimit-remaining')).toBe(999);
    const { rows } = await s.db.pool.query('select starts from quota where workspace_id = $1', [
      first.workspaceId,
    ]);
    expect(rows[0].starts).toHaveLength(1);
  });

  test('a request counts until its whole slice is 24 hours old: never one too many', async () => {
    await backdate(first.workspaceId, 23 * 3600 - 90);
    expect(numberIn(await me(first), 'x-ratelimit-remaining')).toBe(99);
  });

  test('a clock that was set back: requests counted in its future count as now, and leave in time', async () => {
    await backdate(first.workspaceId, -7 * 86_400);
    const reply = await me(first);
    expect(numberIn(reply, 'x-ratelimit-remaining')).toBe(99);
    expect(numberIn(reply, 'x-ratelimit-reset')).toBeLessThanOrEqual(Date.now() / 1000 + 86_400 + 61);
  });

  test('a guess at a key with the right visible part is not counted', async () => {
    const before = await counted(first.workspaceId);
    const guess = first.key.slice(0, 16) + 'A'.repeat(first.key.length - 16);
    for (let n = 0; n < 5; n++) expect((await s.ask('GET', '/api/v1/me', { as: guess })).status).toBe(401);
    expect(await counted(first.workspaceId)).toBe(before);
  });

  test('a revoked key is refused at its next request, even if another process revoked it', async () => {
    expect((await me(first)).status).toBe(200);
    const other = await secondServer(s);
    try {
      await other.app.keys.revoke(null, first.keyId);
    } finally {
      await other.stop();
    }
    const before = await counted(first.workspaceId);
    expect((await me(first)).status).toBe(401);
    expect(await counted(first.workspaceId)).toBe(before);
  });

  test('an expired key is refused as expired and not counted', async () => {
    const brief = await s.app.keys.create({
      workspaceId: first.workspaceId,
      name: 'brief',
      style: 'fairlead',
      expiresAt: new Date(Date.now() + 700).toISOString(),
      createdBy: 'test',
    });
    expect((await s.ask('GET', '/api/v1/me', { as: brief.raw })).status).toBe(200);
    const before = await counted(first.workspaceId);
    await until(async () => (await s.ask('GET', '/api/v1/me', { as: brief.raw })).status === 401);
    const expired = await s.ask('GET', '/api/v1/me', { as: brief.raw });
    expect(expired.json.error.code).toBe('api_key_expired');
    const polled = await counted(first.workspaceId);
    expect((await s.ask('GET', '/api/v1/me', { as: brief.raw })).status).toBe(401);
    expect(await counted(first.workspaceId)).toBe(polled);
    expect(polled).toBeGreaterThanOrEqual(before);
  });
});

describe('AN11: requests a minute for each key', () => {
  for (const plan of ['standard', 'professional', 'enterprise'] as const) {
    const { max } = PLANS[plan].windows[0];
    test(`${plan}: ${max}, each key separately, with the reset in unix seconds`, async () => {
      const item = await somebodyOn(plan);
      const two = await another(item.workspaceId);
      const reply = await me(item);
      expect(numberIn(reply, 'x-ratelimit-limit')).toBe(max);
      expect(numberIn(reply, 'x-ratelimit-remaining')).toBe(max - 1);
      const reset = numberIn(reply, 'x-ratelimit-reset') - Date.now() / 1000;
      expect(reset).toBeGreaterThan(50);
      expect(reset).toBeLessThan(63);
      expect(numberIn(await me(two), 'x-ratelimit-remaining')).toBe(max - 1);
      await s.db.pool.query('update quota set taken = array[$2::int] where subject = $1', [item.keyId, max]);
      expect((await me(item)).status).toBe(429);
      expect((await me(two)).status).toBe(200);
    });
  }

  test('concurrent keys of many workspaces: each has its own count', async () => {
    const people = await Promise.all([somebodyOn('standard'), somebodyOn('standard'), somebodyOn('paid')]);
    const replies = await Promise.all(
      people.flatMap((person) =>
        Array.from({ length: 130 }, async () => [person, await me(person)] as const),
      ),
    );
    const passed = people.map(
      (person) => replies.filter(([who, { status }]) => who === person && status === 200).length,
    );
    expect(passed).toEqual([100, 100, 130]);
  });
});

test('the windows are read without counting a request, also together with requests that are counted', async () => {
  const { workspaceId, keyId: id } = await somebodyOn('standard');
  const counter = makeCounter(s.db, systemClock);
  const key = { workspaceId, id };
  const left = async (counting: ReturnType<typeof counter.read>) =>
    (await counting)!.quota.windows[0]!.remaining;
  expect(await left(counter.count(key))).toBe(99);
  expect(await left(counter.read(key))).toBe(99);
  const together = [counter.read(key), counter.count(key), counter.read(key), counter.count(key)];
  expect(await Promise.all(together.map(left))).toEqual([99, 98, 98, 97]);
  expect(await counted(workspaceId)).toBe(3);
});

describe('AX17: plan free', () => {
  test('API keys get 403 and webhooks are paused; leaving the plan resumes exactly those', async () => {
    const receiver = await startReceiver();
    try {
      const owner = await somebodyOn('paid');
      const make = async (body: object = {}) =>
        (
          await s.ask('POST', '/api/v1/webhooks', {
            as: owner,
            body: { name: 'w', url: receiver.url, events: ['contact.created'], ...body },
          })
        ).json.id as string;
      const [active, paused] = [await make(), await make({ active: false })];
      await s.app.changePlan(owner.workspaceId, 'free');
      const refused = await me(owner);
      expect(refused).toMatchObject({ status: 403, json: { error: { code: 'forbidden' } } });
      expect(numberIn(refused, 'x-ratelimit-remaining')).toBe(0);
      const states = async () =>
        (await s.app.engine.endpoints.list(owner.workspaceId, 10, null)).map(({ state }) => state);
      expect(await states()).toEqual(['paused', 'paused']);
      await s.app.changePlan(owner.workspaceId, 'paid');
      const shown = async (id: string) => (await s.ask('GET', `/api/v1/webhooks/${id}`, { as: owner })).json;
      expect(await shown(active)).toMatchObject({ state: 'active', reason: null });
      expect(await shown(paused)).toMatchObject({ state: 'paused', reason: null });
      await s.ask('POST', '/api/v1/contacts', { as: owner, body: { first_name: 'Jane' } });
      await receiver.waitFor(1);
    } finally {
      await receiver.close();
    }
  });
});

describe('maxima', () => {
  test('webhooks: one too many is refused with limit_reached, even of two at once; a deletion makes room', async () => {
    const owner = await somebodyOn('paid');
    const make = () =>
      s.ask('POST', '/api/v1/webhooks', {
        as: owner,
        body: { name: 'w', url: 'https://example.com/hook', events: ['*'] },
      });
    const made = await Promise.all(Array.from({ length: 22 }, make));
    expect(statuses(made)).toEqual({ 201: 20, 403: 2 });
    expect(made.find(({ status }) => status === 403)!.json.error.code).toBe('limit_reached');
    const { id } = made.find(({ status }) => status === 201)!.json;
    expect((await s.ask('DELETE', `/api/v1/webhooks/${id}`, { as: owner })).status).toBe(204);
    expect((await make()).status).toBe(201);
  });

  test('keys: the one too many is refused; a revocation makes room', async () => {
    const { workspaceId, keyId } = await somebodyOn('paid');
    const more = await Promise.allSettled(Array.from({ length: 21 }, () => another(workspaceId)));
    expect(more.filter(({ status }) => status === 'fulfilled')).toHaveLength(19);
    await expect(another(workspaceId)).rejects.toMatchObject({ status: 403, code: 'limit_reached' });
    await s.app.keys.revoke(null, keyId);
    await expect(another(workspaceId)).resolves.toBeDefined();
  });
});

describe('GET /api/v1/plan', () => {
  test('returns the windows with the remaining requests, and the maxima', async () => {
    const reply = await s.ask('GET', '/api/v1/plan', { as: await somebodyOn('paid') });
    expect(reply.json).toEqual({
      plan: 'paid',
      windows: [
        {
          scope: 'workspace',
          span_s: 86_400,
          limit: 1000,
          remaining: 999,
          resets_at: new Date(numberIn(reply, 'x-ratelimit-reset') * 1000).toISOString(),
        },
      ],
      maxima: { webhooks: 20, api_keys: 20 },
    });
    const unlimited = await s.ask('GET', '/api/v1/plan');
    expect(unlimited.json).toEqual({
      plan: 'unlimited',
      windows: [],
      maxima: { webhooks: null, api_keys: null },
    });
  });

  test('a change of plan is effective from the next request, in every process', async () => {
    const somebody = await somebodyOn('standard');
    expect((await me(somebody)).json.workspace.plan).toBe('standard');
    await s.app.changePlan(somebody.workspaceId, 'unlimited');
    expect(numberIn(await me(somebody), 'x-ratelimit-limit')).toBe(1_000_000);
    await s.app.changePlan(somebody.workspaceId, 'professional');
    expect(numberIn(await me(somebody), 'x-ratelimit-limit')).toBe(300);
    await expect(s.app.changePlan(somebody.workspaceId, 'gold')).rejects.toThrow('gold is not a plan');
  });
});
