import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { query } from '../../src/db/query.ts';
import { sql } from '../../src/db/sql.ts';
import { freshDatabase, type TestDatabase } from '../kit/database.ts';

describe('SQL that is put together', () => {
  test('values become parameters, and SQL in SQL becomes part of it', () => {
    const inner = sql`b = ${2} or c = ${[3, 4]}`;
    expect(sql`select ${1} where a = ${'x'} and (${inner}) limit ${null}`.toQuery()).toEqual({
      text: 'select $1 where a = $2 and (b = $3 or c = $4) limit $5',
      values: [1, 'x', 2, [3, 4], null],
    });
    expect(sql`select ${sql``} 1`.toQuery()).toEqual({ text: 'select  1', values: [] });
    expect(inner.toQuery()).toEqual({ text: 'b = $1 or c = $2', values: [2, [3, 4]] });
  });

  test('lists are joined, also empty ones', () => {
    const joined = sql`in (${sql.join([1, sql`lower(${'A'})`])})`;
    expect(joined.toQuery()).toEqual({ text: 'in ($1, lower($2))', values: [1, 'A'] });
    expect(sql.join([sql`a`, sql`b`], sql` and `).toQuery().text).toBe('a and b');
    expect(sql.join([]).toQuery()).toEqual({ text: '', values: [] });
  });

  test('columns that are undefined are left out, those that are null are written', () => {
    const columns = { name: 'x', secret: undefined, old: sql.ref('secret'), headers: null };
    expect(sql.set(columns).toQuery()).toEqual({
      text: '"name" = $1, "old" = "secret", "headers" = $2',
      values: ['x', null],
    });
    expect(sql.insert(columns).toQuery()).toEqual({
      text: '("name", "old", "headers") values ($1, "secret", $2)',
      values: ['x', null],
    });
  });

  test('names and literals cannot end early', () => {
    expect(sql.ref('r.na"me').toQuery().text).toBe('"r"."na""me"');
    expect(sql.lit("O'Brien\\").toQuery().text).toBe(" E'O''Brien\\\\'");
  });
});

describe('a transaction', () => {
  let t: TestDatabase;
  beforeAll(async () => {
    t = await freshDatabase();
    await t.db.pool.query('create table item (name text primary key)');
  });
  afterAll(() => t.drop());

  const INSERT = { name: 'item.insert', text: 'insert into item (name) values ($1) returning name' };
  const names = async () =>
    (await query<{ name: string }>(t.db.pool, sql`select name from item order by name`)).map(
      ({ name }) => name,
    );

  test('commits what its work wrote, and returns what its work returned', async () => {
    const rows = await t.db.transaction((trx) => query<{ name: string }>(trx, INSERT, ['kept']));
    expect(rows).toEqual([{ name: 'kept' }]);
    expect(await names()).toEqual(['kept']);
  });

  test('writes nothing if its work throws, and passes the error on', async () => {
    const fault = new Error('a rule of the work');
    const failing = t.db.transaction(async (trx) => {
      await query(trx, INSERT, ['gone']);
      throw fault;
    });
    await expect(failing).rejects.toBe(fault);
    const duplicate = t.db.transaction(async (trx) => {
      await query(trx, INSERT, ['gone too']);
      await query(trx, INSERT, ['kept']);
    });
    await expect(duplicate).rejects.toMatchObject({ code: '23505' });
    expect(await names()).toEqual(['kept']);
    expect(t.db.pool.idleCount).toBe(t.db.pool.totalCount);
  });

  test('takes no statement after its end: it would run outside of it', async () => {
    const late = await t.db.transaction((trx) => Promise.resolve(() => query(trx, INSERT, ['late'])));
    await expect(late()).rejects.toThrow('The transaction has ended.');
    expect(await names()).toEqual(['kept']);
  });

  test('runs again after a conflict with another', async () => {
    let tries = 0;
    await t.db.transaction(async (trx) => {
      tries += 1;
      if (tries === 1) await query(trx, sql`do $$ begin raise sqlstate '40001'; end $$`);
      await query(trx, INSERT, ['again']);
    });
    expect(tries).toBe(2);
    expect(await names()).toEqual(['again', 'kept']);
  });
});
