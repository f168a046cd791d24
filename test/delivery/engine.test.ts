// Long: it waits for leases of 2 to 3 s and timeouts of 5 s.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { idMaker } from '../../src/base/id.ts';
import { makeSealer } from '../../src/base/seal.ts';
import { makeEngine, type Engine } from '../../src/delivery/engine.ts';
import { makeCatalogue } from '../../src/events/event-type.ts';
import type { Format } from '../../src/delivery/endpoint/webhook-format.ts';
import { makeGuard } from '../../src/net/egress-guard.ts';
import { makeResolver } from '../../src/net/resolver.ts';
import { makeSender } from '../../src/delivery/sender/send.ts';
import { findOverdue, settleOverdue } from '../../src/delivery/queue/sweep.ts';
import { standardFormat } from '../../src/integrations/standard-webhooks/standard-webhooks-format.ts';
import { silent } from '../kit/database.ts';
import { makeRecordNumbers } from '../../src/events/record-number.ts';
import { startReceiver, type Answering, type Receiver } from '../kit/receiver.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

/** More workers on the scenario's database, like other processes. */
function engineOn(s: Scenario, formats: Format[] = [standardFormat]): Engine {
  const clock = systemClock;
  return makeEngine({
    db: s.db,
    sealer: makeSealer(Buffer.alloc(32, 7)),
    clock,
    newId: idMaker(clock.now),
    log: silent,
    catalogue: makeCatalogue([], []),
    formats: new Map(formats.map((format) => [format.name, format])),
    numbers: makeRecordNumbers(s.db, []),
    sender: makeSender({
      guard: makeGuard({ allow: ['127.0.0.0/8'], own: () => [] }),
      resolver: makeResolver({ clock }),
      clock,
    }),
    random: Math.random,
    planRules: { maxWebhooks: () => null, sendsWebhooks: () => true },
    owners: { disabled: () => Promise.resolve(), handledByUser: () => Promise.resolve() },
  });
}

describe('the engine with crashes, outages and slow receivers', () => {
  let s: Scenario;
  const engines: Engine[] = [];
  const receivers: Receiver[] = [];
  // Only the API: each test decides which workers run.
  beforeAll(async () => {
    s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
  });
  afterAll(() => s.stop());
  beforeEach(async () => {
    await s.db.pool.query('truncate queue, attempt, event, lane, endpoint');
  });
  afterEach(async () => {
    await Promise.all(engines.splice(0).map((engine) => engine.stop()));
    await Promise.all(receivers.splice(0).map((receiver) => receiver.close()));
  });

  function worker(formats?: Format[]): Engine {
    const engine = engineOn(s, formats);
    engines.push(engine);
    engine.start({ worker: true });
    return engine;
  }
  async function hook(answering?: Answering, more: Record<string, unknown> = {}) {
    const receiver = await startReceiver();
    receivers.push(receiver);
    if (answering) receiver.answer(answering);
    const { json } = await s.ask('POST', '/api/v1/webhooks', {
      body: { name: 'w', url: receiver.url, events: ['contact.created'], ...more },
    });
    return { id: json.id as string, receiver };
  }
  async function makeContacts(count: number): Promise<string[]> {
    const ids: string[] = [];
    for (let left = count; left > 0; left -= 500) {
      const records = Array.from({ length: Math.min(500, left) }, () => ({ first_name: 'Jane' }));
      const { json } = await s.ask('POST', '/api/v1/contacts/batch', { body: { records } });
      ids.push(...json.results.map((item: { record: { id: string } }) => item.record.id));
    }
    return ids;
  }
  const contactOf = ({ rawBody }: { rawBody: Buffer }) => JSON.parse(rawBody.toString()).data.id as string;
  const deliveries = async (id: string) =>
    (await s.ask('GET', `/api/v1/webhooks/${id}/deliveries`)).json.data;
  const queued = async () => (await s.db.pool.query('select count(*)::int as n from queue')).rows[0].n;
  const lane = async () => (await s.db.pool.query('select * from lane')).rows[0];

  test('two workers share the lanes, and nothing is sent twice', async () => {
    const hooks = await Promise.all([hook(), hook(), hook(), hook()]);
    const ids = await makeContacts(1000);
    worker();
    worker();
    for (const { receiver } of hooks) {
      const received = await receiver.waitFor(1000, 50_000);
      expect(received.map(contactOf).toSorted()).toEqual(ids.toSorted());
    }
    await expect.poll(queued, { timeout: 10_000 }).toBe(0);
    for (const { receiver } of hooks) expect(receiver.received).toHaveLength(1000);
  });

  test('webhooks whose queues are read together each get every event, complete', async () => {
    const hooks = await Promise.all(Array.from({ length: 20 }, () => hook()));
    const ids = await makeContacts(30);
    worker();
    const received = await Promise.all(hooks.map(({ receiver }) => receiver.waitFor(30, 50_000)));
    const bodies = received.map((requests) => requests.map(({ rawBody }) => rawBody.toString()).toSorted());
    expect(received[0]!.map(contactOf).toSorted()).toEqual(ids.toSorted());
    for (const each of bodies) expect(each).toEqual(bodies[0]);
    await expect.poll(queued, { timeout: 10_000 }).toBe(0);
  });

  test('a lane whose holder vanished is taken over when the lease runs out, and not before', async () => {
    const { receiver } = await hook();
    await makeContacts(1);
    await s.db.pool.query(
      "update lane set token = gen_random_uuid(), lease_until = clock_timestamp() + interval '2 s'",
    );
    const started = Date.now();
    worker();
    const [received] = await receiver.waitFor(1, 20_000);
    expect(received!.at - started).toBeGreaterThanOrEqual(1_900);
  });

  test('the sweep makes up for a lost wake', async () => {
    const { id, receiver } = await hook();
    await makeContacts(3);
    // The wake comes right after the answer; the test waits for it and undoes it.
    await expect.poll(async () => (await lane()).wake).toBe(1);
    await s.db.pool.query("update lane set due = 'infinity'");
    expect((await findOverdue(s.db.pool)).length).toBe(1);
    worker();
    await receiver.waitFor(3, 20_000);
    await expect.poll(queued).toBe(0);
    expect(await findOverdue(s.db.pool)).toEqual([]);
    expect((await deliveries(id)).every((item: { state: string }) => item.state === 'delivered')).toBe(true);
  });

  test('an outcome is not stored once the lease is lost; the next holder sends again', async () => {
    const { id, receiver } = await hook((_request, n) => ({ delayMs: n === 1 ? 1_000 : 0 }));
    await makeContacts(1);
    worker();
    await receiver.waitFor(1);
    await s.db.pool.query(
      "update lane set token = gen_random_uuid(), lease_until = clock_timestamp() + interval '3 s'",
    );
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await queued()).toBe(1);
    expect(await deliveries(id)).toMatchObject([{ state: 'pending', attempts: 0 }]);
    const [first, second] = await receiver.waitFor(2, 20_000);
    expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id']);
    await expect.poll(queued).toBe(0);
    expect((await deliveries(id))[0]).toMatchObject({ state: 'delivered', attempts: 1 });
  });

  test('receivers that hang at full width take all sends of the process, but for two of each lane', async () => {
    const full = Array.from({ length: 16 }, () => hook((_request, n) => (n > 150 ? { hang: true } : {})));
    const hooks = await Promise.all(full);
    const healthy = await hook();
    worker();
    await makeContacts(250);
    for (const { receiver } of hooks) await receiver.waitFor(200, 30_000);
    await healthy.receiver.waitFor(250, 10_000);
    await makeContacts(10);
    // Earlier than any of the others times out, which is after 30 s.
    expect(await healthy.receiver.waitFor(260, 10_000)).toHaveLength(260);
  });

  test('a receiver that never answers blocks no other webhook', async () => {
    const hanging = await hook(() => ({ hang: true }), { timeout_s: 5 });
    const healthy = await hook();
    await makeContacts(500);
    worker();
    await healthy.receiver.waitFor(500, 30_000);
    const first = healthy.receiver.received[0]!.at;
    expect(healthy.receiver.received.at(-1)!.at - first).toBeLessThan(30_000);
    // Its window closes: the dead receiver does not get 500 concurrent requests.
    expect(hanging.receiver.received.length).toBeLessThan(20);
  });

  test('an exception in a format is a terminal failure of its delivery alone', async () => {
    const broken: Format = {
      ...standardFormat,
      message(input) {
        if (input.event.data()['first_name'] === 'Poison') throw new Error('cannot make a body of this');
        return standardFormat.message(input);
      },
    };
    const { id, receiver } = await hook();
    await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'Poison' } });
    await makeContacts(3);
    worker([broken]);
    await receiver.waitFor(3);
    await expect.poll(queued).toBe(0);
    const states = (await deliveries(id)).map(
      (item: { state: string; last_failure: string }) => item.last_failure ?? item.state,
    );
    expect(states.toSorted()).toEqual(['delivered', 'delivered', 'delivered', 'format_error']);
  });

  test('a delivery that was alone in flight in two crashes is parked, and the others are sent', async () => {
    const { id, receiver } = await hook();
    const [poison] = await makeContacts(5);
    const { rows } = await s.db.pool.query(
      'select q.id from queue q join event e on e.id = q.event_id where e.object_id = $1',
      [poison],
    );
    // The state of the lane after two workers died while sending the delivery alone.
    await s.db.pool.query(
      "update lane set token = gen_random_uuid(), lease_until = '-infinity', takeovers = 3, suspect = $1, suspect_crashes = 1",
      [rows[0].id],
    );
    worker();
    const received = await receiver.waitFor(4);
    expect(received.map(contactOf)).not.toContain(poison);
    await expect.poll(queued).toBe(0);
    expect((await deliveries(id)).find((item: { id: string }) => item.id === rows[0].id)).toMatchObject({
      state: 'crashed',
    });
    await expect.poll(lane).toMatchObject({ token: null, takeovers: 0, suspect: null });
  });

  test('after a single crash with it alone in flight, a delivery is tried again, not parked', async () => {
    const { id, receiver } = await hook();
    await makeContacts(3);
    const { rows } = await s.db.pool.query('select id from queue order by due_at, id limit 1');
    await s.db.pool.query(
      "update lane set token = gen_random_uuid(), lease_until = '-infinity', takeovers = 2, suspect = $1, suspect_crashes = 0",
      [rows[0].id],
    );
    worker();
    await receiver.waitFor(3);
    await expect.poll(queued).toBe(0);
    expect((await deliveries(id)).every((item: { state: string }) => item.state === 'delivered')).toBe(true);
  });

  test('what waited too long settles as expired without being sent, even while paused', async () => {
    const active = await hook();
    const paused = await hook();
    await makeContacts(2);
    await s.ask('PATCH', `/api/v1/webhooks/${paused.id}`, { body: { active: false } });
    await s.db.pool.query("update queue set expires_at = clock_timestamp() - interval '1 s'");
    expect(await settleOverdue(s.db.pool)).toBe(4);
    worker();
    for (const { id, receiver } of [active, paused]) {
      expect(await deliveries(id)).toMatchObject([
        { state: 'expired', last_failure: 'expired' },
        { state: 'expired', last_failure: 'expired' },
      ]);
      expect(receiver.received).toHaveLength(0);
    }
    expect(await queued()).toBe(0);
  });

  test('a worker that finds an expired delivery before the sweep settles it the same way', async () => {
    const { id, receiver } = await hook();
    await makeContacts(1);
    await s.db.pool.query("update queue set expires_at = clock_timestamp() - interval '1 s'");
    worker();
    await expect.poll(async () => (await deliveries(id))[0]?.state, { timeout: 10_000 }).toBe('expired');
    expect(receiver.received).toHaveLength(0);
  });

  test("a deleted webhook's lane goes to sleep, whether a worker holds it or not", async () => {
    const { id, receiver } = await hook(() => ({ status: 500 }));
    await makeContacts(3);
    worker();
    await receiver.waitFor(3);
    await s.ask('DELETE', `/api/v1/webhooks/${id}`);
    await expect
      .poll(lane, { timeout: 10_000 })
      .toMatchObject({ token: null, due: 'infinity', takeovers: 0 });
    expect(await queued()).toBe(0);
  });

  test('a lane that its own process claims again after an outage continues, and counts no crash', async () => {
    const { receiver } = await hook((_request, n) => ({ delayMs: n === 1 ? 2_000 : 0 }));
    await makeContacts(1);
    worker();
    await receiver.waitFor(1);
    // The lease ran out unnoticed, as in an outage of the database; the poll finds the lane due.
    await s.db.pool.query("update lane set lease_until = '-infinity', due = '-infinity'");
    await makeContacts(20);
    await expect.poll(() => new Set(receiver.received.map(contactOf)).size, { timeout: 20_000 }).toBe(21);
    await expect.poll(queued, { timeout: 10_000 }).toBe(0);
    await expect.poll(lane, { timeout: 10_000 }).toMatchObject({ token: null, takeovers: 0 });
  });

  test('one pass sends what is due and returns; what is due later stays', async () => {
    const { receiver } = await hook();
    await makeContacts(20);
    await s.db.pool.query(
      "update queue set due_at = clock_timestamp() + interval '1 hour' where id in (select id from queue limit 5)",
    );
    // The API wakes the lane after it has answered.
    await expect.poll(async () => (await lane()).due).not.toBe('infinity');
    const engine = engineOn(s);
    engines.push(engine);
    expect(await engine.pass(null)).toBe(1);
    expect(receiver.received).toHaveLength(15);
    expect(await queued()).toBe(5);
    expect(await lane()).toMatchObject({ token: null });
  });

  test('a stop finishes what is in flight and leaves the rest to the next start', async () => {
    const { receiver } = await hook(() => ({ delayMs: 500 }));
    await makeContacts(50);
    const first = worker();
    await receiver.waitFor(1);
    await first.stop();
    const sent = receiver.received.length;
    expect(await queued()).toBe(50 - sent);
    expect(await lane()).toMatchObject({ token: null });
    receiver.answer(() => ({}));
    worker();
    await receiver.waitFor(50, 20_000);
    await expect.poll(queued).toBe(0);
    expect(new Set(receiver.received.map(contactOf)).size).toBe(50);
    expect(receiver.received).toHaveLength(50);
  });

  test('many bodies of nearly a megabyte are read within the bounds and arrive complete', async () => {
    const { receiver } = await hook();
    const notes = 'ä'.repeat(45_000);
    const custom = Object.fromEntries(Array.from({ length: 80 }, (_, n) => [`f${n}`, 'x'.repeat(9_000)]));
    for (let n = 0; n < 20; n++) {
      const { status, text } = await s.ask('POST', '/api/v1/contacts', {
        body: { first_name: 'Big', notes, custom_fields: custom },
      });
      expect(status, text.slice(0, 300)).toBe(201);
    }
    worker();
    const received = await receiver.waitFor(20, 30_000);
    expect(JSON.parse(received[0]!.rawBody.toString()).data.notes).toBe(notes);
  });
});
