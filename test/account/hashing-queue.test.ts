import { describe, expect, test } from 'vitest';
import { makeHashingQueue, type HashingMaxima } from '../../src/account/hashing-queue.ts';
import { networkOf } from '../../src/account/sign-in-throttle.ts';
import { ApiError } from '../../src/base/errors.ts';

const MAX: HashingMaxima = { running: 2, runningPerAddress: 1, waiting: 6, waitingPerAddress: 4 };
const [MALLORY, ALICE] = ['198.51.100.1', '198.51.100.2'];

describe('the queue', () => {
  test('one address gets half of the places; requests above its waiting limit are rejected', async () => {
    const queue = makeHashingQueue(MAX);
    let end!: () => void;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const begun: number[] = [];
    const results = Array.from({ length: 50 }, (_, at) =>
      queue
        .run(MALLORY, async () => {
          begun.push(at);
          await ended;
          return 'done';
        })
        .catch((error: { code: string }) => error.code),
    );
    await Promise.race([Promise.all(results.slice(5)), ended]);
    expect(begun).toEqual([0]);
    // The other half is free for other addresses.
    expect(await queue.run(ALICE, async () => 'done')).toBe('done');
    end();
    const all = await Promise.all(results);
    expect(all.slice(0, 5)).toEqual(Array(5).fill('done'));
    expect(all.slice(5)).toEqual(Array(45).fill('rate_limited'));
    expect(begun).toEqual([0, 1, 2, 3, 4]);
  });

  test('addresses take turns; when all waiting places are taken, the one with the highest pressure makes room', async () => {
    const queue = makeHashingQueue(MAX);
    const order: string[] = [];
    const ends: (() => void)[] = [];
    const begin = (address: string, name: string) =>
      queue
        .run(address, async () => {
          order.push(name);
          await new Promise<void>((resolve) => ends.push(resolve));
          return 'done';
        })
        .catch(({ code, headers }: ApiError) => `${code} ${headers['retry-after']}`);
    const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
    // Two addresses with pressure: one job of each runs, four and two wait, which is the maximum.
    const a = [1, 2, 3, 4, 5].map((n) => begin('203.0.113.1', `a${n}`));
    const b = [1, 2, 3].map((n) => begin('203.0.113.2', `b${n}`));
    await turn();
    expect(order).toEqual(['a1', 'b1']);
    const late = begin(ALICE, 'alice');
    expect(await a[4]).toBe('rate_limited 2');
    while (ends.length > 0) {
      ends.shift()!();
      await turn();
    }
    expect(await Promise.all([...a.slice(0, 4), ...b, late])).toEqual(Array(8).fill('done'));
    expect(order.indexOf('alice')).toBeLessThan(order.indexOf('a3'));
    expect(order.indexOf('alice')).toBeLessThan(order.indexOf('b3'));
    // If each has one waiting job, nobody has to make room.
    const each = Array.from({ length: 9 }, (_, n) => begin(`192.0.2.${n}`, `c${n}`));
    expect(await each[8]).toBe('rate_limited 2');
    while (ends.length > 0) {
      ends.shift()!();
      await turn();
    }
    expect(await Promise.all(each.slice(0, 8))).toEqual(Array(8).fill('done'));
  });

  describe('reserves places for addresses without pressure', () => {
    const SMALL: HashingMaxima = {
      running: 2,
      runningPerAddress: 1,
      waiting: 32,
      waitingPerAddress: 5,
      waitingPerNetwork: 16,
      reserved: 8,
    };

    /** A queue whose jobs end one by one; records the order in which they started and which were rejected. */
    function stage(max = SMALL) {
      let time = 1_000_000;
      const queue = makeHashingQueue(max, () => time);
      const began: string[] = [];
      const refused: string[] = [];
      const ends: ((right: boolean) => void)[] = [];
      const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
      /** Ends the job that has run longest. */
      const end = async (right: boolean) => {
        ends.shift()?.(right);
        await settle();
      };
      const drain = async (right: boolean) => {
        await settle();
        while (ends.length > 0) await end(right);
      };
      const begin = (address: string, name = address) => {
        const work = async () => {
          began.push(name);
          const right = await new Promise<boolean>((resolve) => ends.push(resolve));
          if (!right) throw new ApiError('unauthorized', 'wrong');
        };
        void queue.run(address, work).catch(({ code }: ApiError) => {
          if (code === 'rate_limited') refused.push(name);
        });
      };
      return { began, refused, settle, begin, end, drain, later: (ms: number) => (time += ms) };
    }

    test.each([
      ['of one network', (n: number) => `203.0.113.${n}`, ALICE],
      ['of one network, which includes the new one', (n: number) => `198.51.100.${n + 10}`, ALICE],
      ['of as many networks', (n: number) => `203.0.${n}.1`, ALICE],
      ['of IPv6', (n: number) => `2001:db8:${n}:1::1`, '2001:db8:ffff:1::1'],
      ['of one IPv6 customer', (n: number) => `2001:db8:1:${n}::1`, '2001:db8:ffff:1::1'],
    ])('100 addresses %s with pressure: a new one is hashed next', async (_name, address, silent) => {
      const { begin, began, refused, settle, end, drain } = stage();
      for (let n = 1; n <= 100; n++) for (const at of ['a', 'b']) begin(address(n), `${n}${at}`);
      await settle();
      begin(silent, 'silent');
      await settle();
      expect(refused).not.toContain('silent');
      const before = began.length;
      await end(false);
      expect(began.slice(before)).toEqual(['silent']);
      await end(false);
      await end(true);
      await drain(false);
      expect(refused.length).toBeGreaterThanOrEqual(200 - 34);
      // Also after all have failed, one at a time, repeatedly.
      for (let round = 0; round < 3; round++) for (let n = 1; n <= 100; n++) begin(address(n), 'again');
      await settle();
      const count = began.length;
      begin(silent, 'silent again');
      await end(false);
      expect(began.slice(count)).toContain('silent again');
    });

    test('one network gets at most half of the places', async () => {
      const { begin, refused, settle, drain } = stage();
      for (let n = 1; n <= 30; n++) begin(`203.0.113.${n}`, `one ${n}`);
      await settle();
      expect(refused).toEqual(Array.from({ length: 12 }, (_, at) => `one ${at + 19}`));
      await drain(true);
    });

    test('the address with the most failures makes room, among equal ones the last to arrive; failures expire', async () => {
      const { begin, began, refused, settle, end, drain, later } = stage({
        ...SMALL,
        running: 1,
        waiting: 2,
        reserved: 0,
      });
      for (const [address, times] of [
        ['192.0.2.1', 3],
        ['198.51.100.9', 1],
      ] as const)
        for (let n = 0; n < times; n++) {
          begin(address);
          await settle();
          await end(false);
        }
      begin('203.0.113.1', 'runs');
      begin('192.0.2.1', 'failed three times');
      begin('198.51.100.9', 'failed once');
      await settle();
      begin('203.0.114.1', 'fresh');
      await settle();
      expect(refused).toEqual(['failed three times']);
      begin('203.0.115.1', 'fresh, too');
      await settle();
      expect(refused).toEqual(['failed three times', 'failed once']);
      begin('203.0.116.1', 'last');
      await settle();
      expect(refused.at(-1)).toBe('last');
      await drain(true);
      expect(began.slice(-3)).toEqual(['runs', 'fresh', 'fresh, too']);
      later(6 * 60_000);
      begin('203.0.113.1', 'runs');
      begin('192.0.2.1', 'forgotten');
      begin('198.51.100.9', 'after it');
      await drain(true);
      expect(began.slice(-2)).toEqual(['forgotten', 'after it']);
    });
  });

  test('a job that fails releases its place', async () => {
    const queue = makeHashingQueue({ ...MAX, running: 1 });
    await expect(queue.run(ALICE, () => Promise.reject(new Error('wrong')))).rejects.toThrow('wrong');
    expect(await queue.run(ALICE, async () => 'done')).toBe('done');
  });
});

test.each([
  ['198.51.100.7', '198.51.100.7', true],
  ['198.51.100.7', '198.51.100.8', false],
  ['::ffff:198.51.100.7', '198.51.100.7', true],
  ['::ffff:198.51.100.7', '::ffff:198.51.100.8', false],
  ['198.51.100.7:5000', '198.51.100.7', true],
  ['2001:db8:1:2::1', '2001:DB8:0001:0002:ffff::9', true],
  ['[2001:db8:1:2::1]:443', '2001:db8:1:2::1', true],
  ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
])('%s and %s belong to one customer: %s', (item, other, same) => {
  expect(networkOf(item) === networkOf(other)).toBe(same);
});
