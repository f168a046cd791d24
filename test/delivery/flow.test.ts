// Long: it waits for retries and rates of 1 to 4 s.
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { BREAKS_AFTER, MAX_WINDOW, paceAfter, startPace } from '../../src/delivery/endpoint/breaker.ts';
import { unblockOrphaned } from '../../src/delivery/queue/record-order.ts';
import { Rate } from '../../src/delivery/endpoint/send-rate.ts';
import { startReceiver, type Answering, type Receiver } from '../kit/receiver.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

describe('the flow to one webhook', () => {
  let s: Scenario;
  const receivers: Receiver[] = [];
  beforeAll(async () => {
    s = await startScenario();
  });
  afterAll(() => s.stop());
  afterEach(async () => {
    for (const { id } of (await s.ask('GET', '/api/v1/webhooks')).json.data)
      await s.ask('DELETE', `/api/v1/webhooks/${id}`);
    await vi.waitUntil(async () => (await holder()) === undefined, { timeout: 10_000 });
    await s.db.pool.query('truncate queue, attempt, event, lane, endpoint');
    await Promise.all(receivers.splice(0).map((receiver) => receiver.close()));
  });

  async function hook(more: Record<string, unknown>, answering: Answering = () => ({})) {
    const receiver = await startReceiver();
    receivers.push(receiver);
    receiver.answer(answering);
    const { json, text, status } = await s.ask('POST', '/api/v1/webhooks', {
      body: { name: 'w', url: receiver.url, events: ['contact.created', 'contact.updated'], ...more },
    });
    expect(status, text).toBe(201);
    return { path: `/api/v1/webhooks/${json.id}`, receiver };
  }
  async function makeContacts(count: number): Promise<string[]> {
    const records = Array.from({ length: count }, () => ({ first_name: 'Jane', last_name: '0' }));
    const { json } = await s.ask('POST', '/api/v1/contacts/batch', { body: { records } });
    return json.results.map((item: { record: { id: string } }) => item.record.id);
  }
  const rename = (id: string, name: string) =>
    s.ask('PATCH', `/api/v1/contacts/${id}`, { body: { last_name: name } });
  const rendered = ({ rawBody }: { rawBody: Buffer }) => {
    const { data } = JSON.parse(rawBody.toString()) as { data: { id: string; last_name: string } };
    return data;
  };
  const namesOf = (receiver: Receiver, id: string) =>
    receiver.received
      .map(rendered)
      .filter((data) => data.id === id)
      .map((data) => data.last_name);
  /** When each attempt began, by the sender's clock: the time to the receiver does not count. */
  const begun = async (): Promise<number[]> =>
    (await s.db.pool.query('select at from attempt order by at')).rows.map(({ at }) => Date.parse(at));
  /** The holder of the lane, if there is one. */
  const holder = async () =>
    (await s.db.pool.query('select token from lane where token is not null')).rows[0]?.token;
  const queued = async () => (await s.db.pool.query('select count(*)::int as n from queue')).rows[0].n;

  test('max_in_flight: never more requests at once', async () => {
    let now = 0;
    let most = 0;
    const { receiver } = await hook({ max_in_flight: 3 }, () => {
      most = Math.max(most, ++now);
      setTimeout(() => now--, 15);
      return { delayMs: 20 };
    });
    await makeContacts(60);
    await receiver.waitFor(60, 30_000);
    expect(most).toBe(3);
  });

  test('rate_limit: never more requests in any span of that length, and all of them arrive', async () => {
    const { receiver } = await hook({ rate_limit: { max: 5, per_s: 1 } });
    await makeContacts(18);
    await receiver.waitFor(18, 30_000);
    await expect.poll(queued).toBe(0);
    const at = await begun();
    expect(at).toHaveLength(18);
    for (let n = 5; n < at.length; n++) expect(at[n]! - at[n - 5]!).toBeGreaterThan(990);
  });

  test('a rate that is used up for long releases the lane, and the next holder continues with what is left', async () => {
    const { path, receiver } = await hook({ rate_limit: { max: 2, per_s: 4 } });
    await makeContacts(2);
    await receiver.waitFor(2, 10_000);
    await expect.poll(queued).toBe(0);
    // Released meanwhile, and claimed again.
    await expect.poll(holder).toBe(undefined);
    await makeContacts(1);
    await receiver.waitFor(3, 20_000);
    await expect.poll(queued).toBe(0);
    const at = await begun();
    expect(at[2]! - at[0]!).toBeGreaterThan(3_900);
    expect((await s.ask('GET', path)).json.rate_limit).toEqual({ max: 2, per_s: 4 });
  });

  test('ordering: events of one record arrive one after the other, even if attempts fail', async () => {
    let n = 0;
    const busy = new Set<string>();
    const overlaps: string[] = [];
    const { receiver } = await hook(
      { ordering: 'record', retry: { max: 5, intervals_s: [1] } },
      (request) => {
        const { id } = rendered(request);
        if (busy.has(id)) overlaps.push(id);
        busy.add(id);
        setTimeout(() => busy.delete(id), 4);
        // Every seventh attempt fails and is retried.
        return { status: ++n % 7 === 0 ? 400 : 200, delayMs: 5 };
      },
    );
    const ids = await makeContacts(20);
    for (let round = 1; round <= 5; round++) await Promise.all(ids.map((id) => rename(id, String(round))));
    await expect.poll(queued, { timeout: 60_000 }).toBe(0);
    for (const id of ids) {
      // Without the attempts that arrived twice.
      const names = namesOf(receiver, id).filter((name, at, all) => name !== all[at - 1]);
      expect(names).toEqual(['0', '1', '2', '3', '4', '5']);
    }
    expect(overlaps).toEqual([]);
  });

  test('ordering: after a final failure the next event is sent; another record never waits', async () => {
    const { receiver } = await hook({ ordering: 'record', retry: { max: 1, intervals_s: [2] } }, (request) =>
      rendered(request).last_name === 'bad' ? { status: 400 } : {},
    );
    const [item, two] = (await makeContacts(2)) as [string, string];
    await receiver.waitFor(2);
    await rename(item, 'bad');
    await receiver.waitFor(3);
    await rename(item, 'after');
    await rename(two, 'beside');
    // The first record waits for its second try, the other does not.
    await receiver.waitFor(4);
    expect(namesOf(receiver, two)).toEqual(['0', 'beside']);
    expect(namesOf(receiver, item)).toEqual(['0', 'bad']);
    // A request that has arrived may not be in the log yet.
    const pending = async () => (await s.ask('GET', '/api/v1/deliveries?state=pending')).json.data;
    await expect.poll(pending).toMatchObject([{ state: 'pending', next_attempt_at: null }]);
    await receiver.waitFor(6, 20_000);
    expect(namesOf(receiver, item)).toEqual(['0', 'bad', 'bad', 'after']);
  });

  test('ordering: holds after a holder that vanished, a lost wake, and Send pending', async () => {
    let down = true;
    const { receiver } = await hook({ ordering: 'record', retry: { max: 9, intervals_s: [3600] } }, () =>
      down ? { status: 400 } : {},
    );
    const [id] = (await makeContacts(1)) as [string];
    await receiver.waitFor(1);
    for (const name of ['1', '2', '3']) await rename(id, name);
    await expect.poll(holder).toBe(undefined);
    down = false;
    // A holder settled the first delivery and died before it promoted the next.
    await s.db.pool.query(`delete from queue where due_at < '9999-01-01'`);
    await s.db.pool.query(
      `update lane set token = gen_random_uuid(), due = now(), lease_until = now() - interval '1 s'`,
    );
    await receiver.waitFor(2, 20_000);
    await s.ask('POST', '/api/v1/webhooks/send-pending');
    await receiver.waitFor(4, 20_000);
    expect(namesOf(receiver, id)).toEqual(['0', '1', '2', '3']);

    await expect.poll(queued).toBe(0);
    // A lane that is still held would promote the row first.
    await expect.poll(holder).toBe(undefined);
    // What was before it expired: nothing wakes the lane, and the regular maintenance finds the row.
    await s.db.pool.query(
      `insert into queue select workspace_id, endpoint_id, gen_random_uuid(), event_id, event_type, 'event', $1, 99, 0, 10,
         '9999-12-31 00:00:00+00', now(), now() + interval '1 day' from attempt limit 1`,
      [id],
    );
    expect(await unblockOrphaned(s.db.pool)).toHaveLength(1);
    expect(await unblockOrphaned(s.db.pool)).toHaveLength(0);
    await receiver.waitFor(5, 30_000);
    await expect.poll(queued).toBe(0);
  });

  test('ordering: a replay sends old events in their order, after those under way', async () => {
    const { path, receiver } = await hook({ ordering: 'record' });
    const [id] = (await makeContacts(1)) as [string];
    for (const name of ['1', '2', '3']) await rename(id, name);
    await receiver.waitFor(4);
    await expect.poll(queued).toBe(0);
    const since = new Date(Date.now() - 60_000).toISOString();
    const { status, text } = await s.ask('POST', `${path}/replay`, { body: { since, only: 'all' } });
    expect(status, text).toBe(202);
    await receiver.waitFor(8, 20_000);
    expect(namesOf(receiver, id)).toEqual(['0', '1', '2', '3', '0', '1', '2', '3']);
  });

  test('ordering can be turned off: blocked rows are sent', async () => {
    const { path, receiver } = await hook({ ordering: 'record', max_in_flight: 1 }, () => ({ delayMs: 20 }));
    const [id] = (await makeContacts(1)) as [string];
    for (const name of ['1', '2', '3', '4']) await rename(id, name);
    const { json } = await s.ask('PATCH', path, { body: { ordering: 'none' } });
    expect(json.ordering).toBe('none');
    await receiver.waitFor(5, 20_000);
    await expect.poll(queued).toBe(0);
  });

  test('breaker: a receiver that fails in a row rests, is probed by one request, and is then sent everything', async () => {
    let down = true;
    const { path, receiver } = await hook({ retry: { max: 9, intervals_s: [1] } }, () =>
      down ? { status: 500 } : {},
    );
    await makeContacts(200);
    await expect
      .poll(async () => (await s.ask('GET', path)).json.breaker, { timeout: 20_000 })
      .toMatchObject({ state: 'open', until: expect.stringMatching(/Z$/) });
    const requested = receiver.received.length;
    expect(requested).toBeLessThan(2 * BREAKS_AFTER);
    down = false;
    await expect.poll(queued, { timeout: 60_000 }).toBe(0);
    expect((await s.ask('GET', path)).json.breaker).toEqual({ state: 'closed', until: null });
    const { rows } = await s.db.pool.query(
      `select count(*)::int as n from attempt where state = 'delivered'`,
    );
    expect(rows[0].n).toBe(200);
  });

  for (const [title, body, field] of [
    ['zero requests at once', { max_in_flight: 0 }, 'max_in_flight'],
    ['more than the maximum at once', { max_in_flight: 65 }, 'max_in_flight'],
    ['a rate of zero', { rate_limit: { max: 0, per_s: 1 } }, 'rate_limit.max'],
    ['a rate without a span', { rate_limit: { max: 1 } }, 'rate_limit.per_s'],
    ['an unknown ordering', { ordering: 'global' }, 'ordering'],
  ] as const) {
    test(`refused: ${title}`, async () => {
      const url = 'http://127.0.0.1:9/';
      const { status, json } = await s.ask('POST', '/api/v1/webhooks', {
        body: { name: 'w', url, events: ['contact.created'], ...body },
      });
      expect(status).toBe(400);
      expect(json.error.fields.map((item: { field: string }) => item.field)).toEqual([field]);
    });
  }
});

describe('a rate', () => {
  test('counts every span, not only those that begin with a request', () => {
    const rate = new Rate({ max: 3, perMs: 1_000 }, { used: 0, forMs: 0 }, 0);
    for (const at of [0, 900, 950]) {
      expect(rate.waitMs(at)).toBe(0);
      rate.begin(at);
    }
    expect(rate.waitMs(960)).toBe(40);
    expect(rate.waitMs(1_000)).toBe(0);
    rate.begin(1_000);
    expect(rate.waitMs(1_000)).toBe(900);
    expect(rate.carried(1_000)).toEqual({ used: 3, forMs: 1_000 });
  });

  test('continues with what the last holder used, never faster', () => {
    const rate = new Rate({ max: 2, perMs: 10_000 }, { used: 7, forMs: 4_000 }, 500);
    expect(rate.waitMs(500)).toBe(4_000);
    expect(rate.waitMs(4_500)).toBe(0);
  });
});

describe('the breaker', () => {
  const bad = { ok: false, status: 500, retryAfterMs: null };
  const dead = { ok: false, status: null, retryAfterMs: null };
  const fine = { ok: true, status: 200, retryAfterMs: null };
  const times = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item);
  const after = (from: number, outcomes: (typeof bad | typeof dead)[]) => {
    let pace = startPace(from);
    const rests: number[] = [];
    for (const outcome of outcomes) {
      const next = paceAfter(pace, outcome);
      pace = next.pace;
      rests.push(next.restMs);
    }
    return { pace, rests };
  };

  test('opens at the limit of failures in a row, and not with a success between', () => {
    expect(after(0, times(BREAKS_AFTER, dead)).rests).toEqual([...Array(BREAKS_AFTER - 1).fill(0), 1_000]);
    const nearly = times(BREAKS_AFTER - 1, bad);
    expect(after(0, [...nearly, fine, ...nearly]).rests.every((ms) => ms === 0)).toBe(true);
  });

  test('half-open: one probe; each failure doubles the rest, up to a minute', () => {
    expect(startPace(1).window).toBe(1);
    expect(after(1, [bad]).rests).toEqual([2_000]);
    expect(after(20, [dead]).rests).toEqual([60_000]);
    expect(after(3, [fine]).pace).toMatchObject({ slowStreak: 0, window: 2 });
  });

  test('a 4xx comes from a healthy receiver; a 429 asks for time', () => {
    const refused = { ok: false, status: 404, retryAfterMs: null };
    expect(after(0, times(200, refused)).rests.every((ms) => ms === 0)).toBe(true);
    expect(after(2, [refused]).pace.slowStreak).toBe(0);
    expect(after(0, [{ ok: false, status: 429, retryAfterMs: null }]).rests).toEqual([1_000]);
  });

  test('the window never exceeds its bounds', () => {
    expect(after(0, times(200, fine)).pace.window).toBe(MAX_WINDOW);
    expect(after(0, times(20, bad)).pace.window).toBe(1);
  });
});
