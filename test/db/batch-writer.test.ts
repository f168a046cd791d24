import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ApiError } from '../../src/base/errors.ts';
import { RETRY } from '../../src/db/batch-runner.ts';
import { makeBatchWriter, type BatchPlan } from '../../src/db/batch-writer.ts';
import type { Queryable } from '../../src/db/query.ts';
import { freshDatabase, type TestDatabase } from '../kit/database.ts';

interface Item {
  group: string;
  id: number;
  /** An integer for the database, or an invalid value. */
  value: string;
}

/** Batches on a real database: every failure here is PostgreSQL's own. */
describe('a batch that fails', () => {
  let t: TestDatabase;
  beforeAll(async () => {
    t = await freshDatabase();
    await t.db.pool.query('create table thing (grp text, id int primary key, value int)');
    await t.db.pool.query('create table counter (grp text primary key, n int)');
  });
  afterAll(() => t.drop());
  beforeEach(async () => {
    await t.db.pool.query('truncate thing, counter');
    await t.db.pool.query("insert into counter values ('a', 0), ('b', 0)");
  });

  async function insert(on: Queryable, items: Item[]) {
    await on.query({
      name: 'thing.insert',
      text: `with i as (
               insert into thing select grp, id, value::int from unnest($1::text[], $2::int[], $3::text[]) as t(grp, id, value)
               returning grp)
             update counter c set n = c.n + k.count from (select grp, count(*) from i group by grp) k where c.grp = k.grp`,
      values: [items.map(({ group }) => group), items.map(({ id }) => id), items.map(({ value }) => value)],
    });
    return items.map(({ id }) => id);
  }
  const plan = (more: Partial<BatchPlan<Item, number>> = {}): BatchPlan<Item, number> => ({
    groupOf: ({ group }) => group,
    slots: 1,
    run: insert,
    async committed(on, items) {
      const { rows } = await on.query<{ id: number }>({
        name: 'thing.landed',
        text: 'select id from thing where id = any($1::int[])',
        values: [items.map(({ id }) => id)],
      });
      return items.map(({ id }) => (rows.some((row) => row.id === id) ? id : undefined));
    },
    ...more,
  });
  const count = async () => (await t.db.pool.query('select count(*)::int as n from thing')).rows[0].n;

  test('bad data: its items are retried one by one, and only the bad one fails', async () => {
    const flying = makeBatchWriter(t.db, plan());
    const results = await Promise.allSettled(
      [1, 2, 3, 4].map((id) => flying.add({ group: 'a', id, value: id === 3 ? 'three' : '0' })),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    const refused = results[2] as PromiseRejectedResult;
    expect(refused.reason).toMatchObject({ code: 'validation_error' });
    expect(refused.reason.message).not.toContain('three');
    expect(await count()).toBe(3);
  });

  test('a value that already exists is a conflict for its item only', async () => {
    const flying = makeBatchWriter(t.db, plan());
    await flying.add({ group: 'a', id: 1, value: '0' });
    const results = await Promise.allSettled([1, 2].map((id) => flying.add({ group: 'a', id, value: '0' })));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect((results[0] as PromiseRejectedResult).reason).toMatchObject({ code: 'conflict' });
  });

  test('a lock held elsewhere moves that group to the side: the others continue, and it follows when the lock is released', async () => {
    const flying = makeBatchWriter(t.db, plan());
    const holder = new Client(t.connection);
    await holder.connect();
    await holder.query("begin; select * from counter where grp = 'a' for update");
    const blocked = flying.add({ group: 'a', id: 1, value: '0' });
    const free = Array.from({ length: 20 }, (_, n) => flying.add({ group: 'b', id: 100 + n, value: '0' }));
    await Promise.all(free);
    const later = flying.add({ group: 'b', id: 200, value: '0' });
    await later;
    const again = flying.add({ group: 'a', id: 2, value: '0' });
    expect(await count()).toBe(21);
    await holder.query('rollback');
    await holder.end();
    expect(await Promise.all([blocked, again])).toEqual([1, 2]);
    expect((await t.db.pool.query("select n from counter where grp = 'a'")).rows[0].n).toBe(2);
  });

  test('a lock that is never released fails with unavailable, and nothing is written', async () => {
    const flying = makeBatchWriter(t.db, plan());
    const holder = new Client(t.connection);
    await holder.connect();
    await holder.query("begin; select * from counter where grp = 'a' for update");
    await expect(flying.add({ group: 'a', id: 1, value: '0' })).rejects.toMatchObject({
      code: 'unavailable',
    });
    await holder.query('rollback');
    await holder.end();
    expect(await count()).toBe(0);
  });

  test('two batches that deadlock are both committed', async () => {
    // Two processes that lock the same two rows in opposite order, repeatedly.
    const crossing = (order: string): BatchPlan<Item, number> => ({
      ...plan(),
      async run(on, items) {
        await on.query({
          name: `cross.${order}`,
          text: `with first as (update counter set n = n + 1 where grp = '${order[0]}' returning pg_sleep(0.02)),
                      then_other as (select count(*) from first)
                 update counter set n = n + 1 from then_other where grp = '${order[1]}'`,
          values: [],
        });
        return items.map(({ id }) => id);
      },
    });
    const item = makeBatchWriter(t.db, crossing('ab'));
    const other = makeBatchWriter(t.db, crossing('ba'));
    for (let round = 0; round < 5; round++) {
      await Promise.all([
        item.add({ group: 'a', id: round, value: '' }),
        other.add({ group: 'b', id: round, value: '' }),
      ]);
    }
    const { rows } = await t.db.pool.query('select sum(n)::int as n from counter');
    expect(rows[0].n).toBe(20);
  });

  test('a disk that is full for a moment: the batch runs again; for longer: unavailable, and nothing is written', async () => {
    // The counter of a sequence survives the rollback of its transaction.
    await t.db.pool.query(`
      create sequence tried;
      create function full_disk() returns trigger language plpgsql as $$
      begin
        if nextval('tried') <= 3 then raise 'No space left on device' using errcode = 'disk_full'; end if;
        return new;
      end $$;
      create trigger full_disk before insert on thing execute function full_disk()`);
    await expect(makeBatchWriter(t.db, plan()).add({ group: 'a', id: 1, value: '0' })).resolves.toBe(1);
    await t.db.pool.query("select setval('tried', 1, false)");
    const hasty = makeBatchWriter(t.db, plan({ timeoutMs: 1 }));
    await expect(hasty.add({ group: 'a', id: 2, value: '0' })).rejects.toMatchObject({ code: 'unavailable' });
    expect(await count()).toBe(1);
    await t.db.pool.query('drop trigger full_disk on thing');
  });

  test('a week that has no partition yet: the batch waits for it', async () => {
    await t.db.pool.query('create table by_week (id int) partition by range (id)');
    const flying = makeBatchWriter(
      t.db,
      plan({
        async run(on, items) {
          await on.query({
            name: 'week.insert',
            text: 'insert into by_week select unnest($1::int[])',
            values: [items.map(({ id }) => id)],
          });
          return items.map(({ id }) => id);
        },
      }),
    );
    const committed = flying.add({ group: 'a', id: 1, value: '0' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await t.db.pool.query('create table one_week partition of by_week for values from (0) to (10)');
    expect(await committed).toBe(1);
  });

  test('a connection lost before the statement ran: it runs again', async () => {
    let tries = 0;
    const flying = makeBatchWriter(
      t.db,
      plan({
        async run(on, items) {
          if (++tries === 1)
            await on.query({
              name: 'die',
              text: 'select pg_terminate_backend(pg_backend_pid())',
              values: [],
            });
          return insert(on, items);
        },
      }),
    );
    expect(await flying.add({ group: 'a', id: 1, value: '0' })).toBe(1);
    expect(await count()).toBe(1);
  });

  test('a connection lost after the statement was committed: this is detected and it does not run again', async () => {
    let tries = 0;
    const flying = makeBatchWriter(
      t.db,
      plan({
        async run(on, items) {
          tries += 1;
          const done = await insert(on, items);
          if (tries === 1)
            await on.query({
              name: 'die',
              text: 'select pg_terminate_backend(pg_backend_pid())',
              values: [],
            });
          return done;
        },
      }),
    );
    expect(await Promise.all([1, 2].map((id) => flying.add({ group: 'a', id, value: '0' })))).toEqual([1, 2]);
    expect(tries).toBe(1);
    expect(await count()).toBe(2);
  });

  test('a connection lost with a value that exists already: a conflict, and the statement does not run for ever', async () => {
    await t.db.pool.query('create unique index thing_value on thing (value)');
    await t.db.pool.query("insert into thing values ('a', 99, 7)");
    let tries = 0;
    const writer = makeBatchWriter(
      t.db,
      plan({
        async run(on, items) {
          if (++tries === 1)
            await on.query({
              name: 'die',
              text: 'select pg_terminate_backend(pg_backend_pid())',
              values: [],
            });
          return insert(on, items);
        },
      }),
    );
    await expect(writer.add({ group: 'a', id: 1, value: '7' })).rejects.toMatchObject({ code: 'conflict' });
    const before = tries;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(tries).toBe(before);
    await t.db.pool.query('drop index thing_value');
  });

  test('a row that changed between reading and writing is retried alone', async () => {
    const runs: number[][] = [];
    const flying = makeBatchWriter(
      t.db,
      plan({
        async run(_on, items) {
          runs.push(items.map(({ id }) => id));
          return items.map(({ id }) => (id === 2 && runs.length < 3 ? RETRY : id));
        },
      }),
    );
    expect(await Promise.all([1, 2, 3].map((id) => flying.add({ group: 'a', id, value: '' })))).toEqual([
      1, 2, 3,
    ]);
    expect(runs).toEqual([[1, 2, 3], [2], [2]]);
  });

  test('a row that keeps changing is a conflict in the end', async () => {
    const flying = makeBatchWriter(t.db, plan({ run: async (_on, items) => items.map(() => RETRY) }));
    await expect(flying.add({ group: 'a', id: 1, value: '' })).rejects.toMatchObject({ code: 'conflict' });
  });

  test('a program fault is thrown unchanged', async () => {
    const flying = makeBatchWriter(t.db, plan({ run: () => Promise.reject(new TypeError('our fault')) }));
    await expect(flying.add({ group: 'a', id: 1, value: '' })).rejects.toThrow('our fault');
    await expect(flying.add({ group: 'a', id: 1, value: '' })).rejects.not.toBeInstanceOf(ApiError);
  });
});
