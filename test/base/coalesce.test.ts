import { array, assert, asyncProperty, constantFrom, integer, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coalesce, Overloaded } from '../../src/base/coalesce.ts';
import { propertySize } from '../proof/settings.ts';

interface Item {
  group: string;
  key: string;
  n: number;
  weight?: number;
}

/** A coalescer whose flights are held until they are let go, and remembered. */
function held(
  options: { slots?: number; maxWeight?: number; maxGroupWeight?: number; maxWaiting?: number } = {},
) {
  const batches: Item[][] = [];
  const gates: (() => void)[] = [];
  const coalescer = coalesce<Item, number>({
    slots: 1,
    groupOf: (item) => item.group,
    keysOf: (item) => (item.key ? [item.key] : []),
    weigh: (item) => ({ weight: item.weight ?? 1, bytes: 0 }),
    ...options,
    run: async (items) => {
      batches.push(items);
      await new Promise<void>((resolve) => gates.push(resolve));
      return items.map((item) => item.n);
    },
  });
  const tick = () => new Promise((resolve) => setImmediate(resolve));
  return {
    coalescer,
    batches,
    add: (group: string, n: number, key = '', weight = 1) => coalescer.add({ group, key, n, weight }),
    /** Lets the flights in the air land, one after the other, until none is left. */
    async land(max = 1000) {
      for (let n = 0; n < max; n++) {
        await tick();
        await tick();
        const gate = gates.shift();
        if (!gate) return;
        gate();
        await tick();
      }
    },
    tick,
  };
}

describe('coalesce', () => {
  test('an idle slot takes off at once, and what comes meanwhile shares the next flight', async () => {
    const { add, batches, tick, land } = held();
    const first = add('a', 1);
    await tick();
    expect(batches.map((batch) => batch.length)).toEqual([1]);
    const rest = [2, 3, 4].map((n) => add('a', n));
    await land();
    expect(await Promise.all([first, ...rest])).toEqual([1, 2, 3, 4]);
    expect(batches.map((batch) => batch.length)).toEqual([1, 3]);
  });

  test('two items with one key never share a flight, and keep their order', async () => {
    const { add, batches, tick, land } = held();
    void add('a', 0);
    await tick();
    const items = [1, 2, 3, 4].map((n) => add('a', n, n % 2 ? 'odd' : 'even'));
    await land();
    await Promise.all(items);
    expect(batches.slice(1).map((batch) => batch.map(({ n }) => n))).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  test('a busy group leaves room for the others, and no group waits for ever', async () => {
    const { add, batches, tick, land } = held({ maxWeight: 8, maxGroupWeight: 2 });
    void add('x', 0);
    await tick();
    const items: Promise<number>[] = [];
    for (let n = 0; n < 100; n++) items.push(add('busy', n));
    for (const group of ['b', 'c', 'd', 'e', 'f', 'g']) items.push(add(group, 1));
    await land();
    await Promise.all(items);
    const seen = new Set(batches.slice(1, 4).flatMap((batch) => batch.map(({ group }) => group)));
    expect([...seen].sort()).toEqual(['b', 'busy', 'c', 'd', 'e', 'f', 'g']);
  });

  test('an item heavier than a flight may be flies alone', async () => {
    const { add, batches, tick, land } = held({ maxWeight: 10 });
    void add('a', 0);
    await tick();
    const items = [add('a', 1), add('a', 2, '', 500), add('a', 3)];
    await land();
    await Promise.all(items);
    expect(batches.slice(1).map((batch) => batch.map(({ n }) => n))).toEqual([[1], [2], [3]]);
  });

  test('beyond the bound nothing is taken', async () => {
    const { add, land } = held({ maxWaiting: 2 });
    const taken = [add('a', 1), add('a', 2)];
    await expect(add('a', 3)).rejects.toBeInstanceOf(Overloaded);
    await land();
    expect(await Promise.all(taken)).toEqual([1, 2]);
  });

  test('one item may fail alone; a flight that throws fails whole', async () => {
    const coalescer = coalesce<number, number>({
      slots: 1,
      groupOf: () => '',
      async run(items) {
        if (items.includes(99)) throw new Error('down');
        return items.map((n) => (n === 2 ? new Error('two') : n));
      },
    });
    const results = await Promise.allSettled([1, 2, 3].map((n) => coalescer.add(n)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    await expect(coalescer.add(99)).rejects.toThrow('down');
    expect(coalescer.pending).toBe(0);
  });

  test('an item is waited for so long and no longer; what is still on the ground then never flies', async () => {
    const batches: number[] = [];
    let land = () => {};
    const coalescer = coalesce<number, number>({
      slots: 1,
      groupOf: () => '',
      timeout: { ms: 100, error: () => new Error('too late') },
      async run(items) {
        batches.push(...items);
        if (items.includes(1)) await new Promise<void>((resolve) => (land = resolve));
        return items;
      },
    });
    const inTheAir = coalescer.add(1);
    await new Promise((resolve) => setImmediate(resolve));
    const onTheGround = coalescer.add(2);
    const late = await Promise.allSettled([inTheAir, onTheGround]);
    expect(late.map((item) => item.status === 'rejected' && String(item.reason))).toEqual([
      'Error: too late',
      'Error: too late',
    ]);
    expect(coalescer.pending).toBe(0);
    const next = coalescer.add(3);
    land();
    expect(await next).toBe(3);
    expect(batches).toEqual([1, 3]);
  });

  test('whatever is added: each is flown once, per group and key in order, within the bounds', async () => {
    const anyItem = record({
      group: constantFrom('a', 'b', 'c'),
      key: constantFrom('', 'k', 'l'),
      weight: integer({ min: 1, max: 6 }),
    });
    await assert(
      asyncProperty(array(anyItem, { maxLength: 60 }), integer({ min: 1, max: 3 }), async (items, slots) => {
        const batches: Item[][] = [];
        const coalescer = coalesce<Item, number>({
          slots,
          groupOf: ({ group }) => group,
          keysOf: ({ key, group }) => (key ? [group + key] : []),
          weigh: ({ weight }) => ({ weight: weight!, bytes: 0 }),
          maxWeight: 8,
          maxGroupWeight: 3,
          async run(batch) {
            batches.push(batch);
            await new Promise((resolve) => setImmediate(resolve));
            return batch.map(({ n }) => n);
          },
        });
        const results = await Promise.all(items.map((item, n) => coalescer.add({ ...item, n })));
        expect(results).toEqual(items.map((_, n) => n));
        const order = batches.flat();
        expect(order.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual(items.map((_, n) => n));
        for (const batch of batches) {
          const keys = batch.flatMap(({ group, key }) => (key ? [group + key] : []));
          expect(new Set(keys).size).toBe(keys.length);
          const weight = batch.reduce((sum, item) => sum + item.weight!, 0);
          expect(batch.length === 1 || weight <= 8).toBe(true);
        }
        for (const key of ['ak', 'al', 'bk', 'bl', 'ck', 'cl']) {
          const ns = order.filter((item) => item.group + item.key === key).map(({ n }) => n);
          expect(ns).toEqual(ns.toSorted((a, b) => a - b));
        }
      }),
      propertySize({ small: 60, whole: 20_000 }),
    );
  });
});
