import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { idMaker, prefixed } from '../../src/base/id.ts';
import { ensurePartitions } from '../../src/db/partition.ts';
import { enqueueResend } from '../../src/delivery/log/resend.ts';
import { trimToTerms } from '../../src/delivery/log/workspace-retention.ts';
import { makeMember, type SignedIn } from '../kit/member.ts';
import { runCase, startScenario, type ApiCase, type Person, type Scenario } from '../kit/scenario.ts';

const DAY_MS = 86_400_000;
const PATH = '/api/v1/retention';

let s: Scenario;
let owner: SignedIn;
let manager: SignedIn;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
  for (const days of [40, 47, 33]) await ensurePartitions(s.db.pool, Date.now() - days * DAY_MS);
  owner = await makeMember(s, 'owner');
  manager = await makeMember(s, 'manager');
});
afterAll(() => s.stop());

describe('by API', () => {
  const none = { event_days: null, attempt_days: null, least_days: 31, most_days: 90 };
  const cases: ApiCase[] = [
    {
      name: 'the installation’s term if nothing is set',
      method: 'GET',
      path: PATH,
      status: 200,
      check: ({ json }) => expect(json).toMatchObject(none),
    },
    {
      name: 'a shorter term; the answer can be sent back',
      method: 'PATCH',
      path: PATH,
      body: { ...none, event_days: 45, size: {} },
      status: 200,
      check: ({ json }) => expect(json).toMatchObject({ ...none, event_days: 45 }),
    },
    {
      name: 'a field that is left out stays unchanged',
      method: 'PATCH',
      path: PATH,
      body: { attempt_days: 31 },
      status: 200,
      check: ({ json }) => expect(json).toMatchObject({ event_days: 45, attempt_days: 31 }),
    },
    {
      name: 'null resets to the installation’s',
      method: 'PATCH',
      path: PATH,
      body: { event_days: null, attempt_days: null },
      status: 200,
      check: ({ json }) => expect(json).toMatchObject(none),
    },
    ...(
      [
        [{ event_days: 30 }, 'event_days'],
        [{ attempt_days: 0 }, 'attempt_days'],
        [{ event_days: 91 }, 'event_days'],
        [{ attempt_days: 1.5 }, 'attempt_days'],
        [{ days: 40 }, 'days'],
      ] as const
    ).map(([body, field]) => ({
      name: `${JSON.stringify(body)} is refused by name`,
      method: 'PATCH',
      path: PATH,
      body,
      status: 400,
      code: 'validation_error',
      fields: [field],
    })),
  ];
  test.each(cases)('$name', (item) => runCase(s, item));

  test('only owner and admin, and each workspace separately', async () => {
    expect((await owner.ask('PATCH', PATH, { body: { event_days: 60 } })).status).toBe(200);
    expect((await manager.ask('GET', PATH)).status).toBe(403);
    expect((await s.ask('GET', PATH, { as: s.bob })).status).toBe(403);
    expect((await s.ask('GET', PATH, { as: s.charlie })).json.event_days).toBeNull();
    await s.ask('PATCH', PATH, { as: s.charlie, body: { event_days: 33 } });
    expect((await s.ask('GET', PATH)).json.event_days).toBe(60);
    const [line] = (await owner.ask('GET', '/api/v1/audit?limit=1')).json.data;
    expect(line).toMatchObject({
      action: 'retention.updated',
      details: { event_days: 60, attempt_days: null },
    });
  });
});

describe('what is older than a workspace’s own term', () => {
  let seq: number;
  beforeEach(async () => {
    seq = 0;
    await s.db.pool.query('truncate event, attempt, queue, feed_floor, retention');
  });

  async function event(who: Person, daysAgo: number): Promise<string> {
    const id = idMaker(() => Date.now() - daysAgo * DAY_MS)();
    await s.db.pool.query(
      `insert into event (workspace_id, id, seq, type, object_type, object_id, occurred_at, actor, data, matched)
       values ($1, $2, $3, 'contact.created', 'contact', $4, now(), 'test', '{"a":"b"}', 1)`,
      [who.workspaceId, id, ++seq, randomUUID()],
    );
    await s.db.pool.query('update workspace_counter set event_seq = $2 where workspace_id = $1', [
      who.workspaceId,
      seq,
    ]);
    return id;
  }
  async function attempt(who: Person, daysAgo: number): Promise<string> {
    const id = idMaker(() => Date.now() - daysAgo * DAY_MS)();
    await s.db.pool.query(
      `insert into attempt (workspace_id, id, endpoint_id, delivery_id, event_id, event_type, kind, number, at, duration_ms)
       values ($1, $2, $2, $2, $2, 'contact.created', 'event', 1, now(), 1)`,
      [who.workspaceId, id],
    );
    return id;
  }
  const kept = async (table: string) =>
    (await s.db.pool.query<{ id: string }>(`select id from ${table} order by id`)).rows.map(({ id }) => id);
  const set = (body: object) => s.ask('PATCH', PATH, { body });
  const resend = (eventId: string) => ({
    workspaceId: s.alice.workspaceId,
    endpointId: randomUUID(),
    eventId,
    deliveryId: randomUUID(),
    at: new Date().toISOString(),
  });

  test('is deleted, and nothing else: nothing younger, nothing of another workspace', async () => {
    const old = await event(s.alice, 40);
    const young = await event(s.alice, 33);
    const others = await event(s.charlie, 40);
    const [oldAttempt, youngAttempt] = [await attempt(s.alice, 40), await attempt(s.alice, 33)];
    await set({ event_days: 35 });
    expect(await trimToTerms(s.db, Date.now())).toEqual({ events: 1, attempts: 0 });
    expect((await kept('event')).toSorted()).toEqual([young, others].toSorted());
    expect(await kept('attempt')).toEqual([oldAttempt, youngAttempt]);
    await set({ attempt_days: 35 });
    expect(await trimToTerms(s.db, Date.now())).toEqual({ events: 0, attempts: 1 });
    expect(await kept('attempt')).toEqual([youngAttempt]);
    expect(await kept('event')).not.toContain(old);
  });

  test('the feed says what was lost: a reader at the last deleted event missed nothing', async () => {
    const [first, last] = [await event(s.alice, 40), await event(s.alice, 39)];
    const young = await event(s.alice, 2);
    await set({ event_days: 35 });
    await trimToTerms(s.db, Date.now());
    const after = (id: string) => s.ask('GET', `/api/v1/events?after=${prefixed('evt', id)}`);
    expect((await after(first)).json.error.code).toBe('gone');
    expect((await after(last)).json.data.map(({ id }: { id: string }) => id)).toEqual([
      prefixed('evt', young),
    ]);
    expect((await s.ask('GET', '/api/v1/events')).json.data).toHaveLength(1);
  });

  test('is kept while a queued delivery needs it, also while that is being queued', async () => {
    const [queued, racing, free] = [
      await event(s.alice, 40),
      await event(s.alice, 40),
      await event(s.alice, 40),
    ];
    await set({ event_days: 35 });
    await s.db.transaction((trx) => enqueueResend(trx, resend(queued)));
    let trimming: Promise<unknown> | undefined;
    await s.db.transaction(async (trx) => {
      await enqueueResend(trx, resend(racing));
      trimming = trimToTerms(s.db, Date.now());
      await new Promise((resolve) => setTimeout(resolve, 150));
    });
    expect(await trimming).toEqual({ events: 1, attempts: 0 });
    expect(await kept('event')).toEqual([queued, racing].toSorted());
    expect(await kept('event')).not.toContain(free);
    await s.db.pool.query('delete from queue');
    expect(await trimToTerms(s.db, Date.now())).toEqual({ events: 2, attempts: 0 });
    expect(await s.db.transaction((trx) => enqueueResend(trx, resend(queued)))).toBe(false);
  });

  test('is deleted in batches, and two concurrent processes delete it once', async () => {
    const id = idMaker(() => Date.now() - 40 * DAY_MS);
    const ids = Array.from({ length: 2_500 }, id);
    await s.db.pool.query(
      `insert into event (workspace_id, id, seq, type, object_type, object_id, occurred_at, actor, data, matched)
       select $1, i.id, i.n, 'contact.created', 'contact', i.id, now(), 'test', '{}', 0
       from unnest($2::uuid[]) with ordinality as i(id, n)`,
      [s.alice.workspaceId, ids],
    );
    await set({ event_days: 35 });
    const both = await Promise.all([trimToTerms(s.db, Date.now()), trimToTerms(s.db, Date.now())]);
    expect(both[0].events + both[1].events).toBe(2_500);
    const { rows } = await s.db.pool.query('select event_id, seq from feed_floor');
    expect(rows).toEqual([{ event_id: ids.at(-1), seq: 2_500 }]);
  });

  test('size reports how many, how much, and since when', async () => {
    const empty = (await s.ask('GET', PATH, { as: s.charlie })).json.size;
    expect(empty).toMatchObject({ attempts: 0, oldest_event_at: null, oldest_attempt_at: null });
    for (const days of [40, 39, 2]) await event(s.alice, days);
    for (const days of [33, 2]) await attempt(s.alice, days);
    const { size } = (await s.ask('GET', PATH)).json;
    expect(size).toMatchObject({ events: 3, attempts: 2 });
    expect(size.bytes).toBeGreaterThan(5 * 100);
    expect(size.bytes).toBeLessThan(5 * 1_000);
    const daysAgo = (at: string) => Math.round((Date.now() - Date.parse(at)) / DAY_MS);
    expect([daysAgo(size.oldest_event_at), daysAgo(size.oldest_attempt_at)]).toEqual([40, 33]);
    await set({ event_days: 35 });
    await trimToTerms(s.db, Date.now());
    expect((await s.ask('GET', PATH)).json.size.events).toBe(1);

    // More than are counted: the planner's estimate, once it has statistics.
    await s.db.pool.query(
      `insert into attempt (workspace_id, id, endpoint_id, delivery_id, event_id, event_type, kind, number, at, duration_ms)
       select $1::uuid, (left($2::uuid::text, 24) || lpad(to_hex(n), 12, '0'))::uuid, $2::uuid, $2::uuid, $2::uuid, 'contact.created', 'event', 1, now(), 1
       from generate_series(1, 20000) n`,
      [s.alice.workspaceId, idMaker(Date.now)()],
    );
    await s.db.pool.query('analyze attempt');
    const { attempts } = (await s.ask('GET', PATH)).json.size;
    expect(Math.abs(attempts - 20_002)).toBeLessThan(2_000);
  });
});
