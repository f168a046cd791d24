import { randomUUID } from 'node:crypto';
import type { PoolClient } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { analyzeGrown } from '../../src/db/statistics.ts';
import { freshDatabase, type TestDatabase } from '../kit/database.ts';

let t: TestDatabase;
beforeAll(async () => {
  t = await freshDatabase();
});
afterAll(() => t.drop());

async function withClient<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await t.db.pool.connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

/** Inserts contacts of a workspace; the statistics include them when it returns. */
function write(client: PoolClient, count: number): Promise<unknown> {
  return client
    .query(
      `insert into contact (workspace_id, id, version, custom_fields, created_by, created_at, updated_at, status)
       select $1, gen_random_uuid(), 1, '{}', 'test', now(), now(), 'lead' from generate_series(1, $2)`,
      [randomUUID(), count],
    )
    .then(() => client.query('select pg_stat_force_next_flush()'))
    .then(() => client.query('select 1'));
}

const ofContacts = (names: string[]) => names.filter((name) => name === 'contact');

test('a table that has grown tenfold is analyzed, once, and a row of it is then found by its primary key', async () => {
  await withClient(async (client) => {
    await client.query('set plan_cache_mode = force_generic_plan');
    await client.query('prepare one as select from contact where workspace_id = $1 and id = $2');
    const plan = async () => {
      const { rows } = await client.query(`explain execute one('${randomUUID()}', '${randomUUID()}')`);
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    };
    await plan();

    await write(client, 5);
    expect(ofContacts(await analyzeGrown(t.db.side))).toEqual([]);
    await write(client, 200);
    const both = await Promise.all([analyzeGrown(t.db.side), analyzeGrown(t.db.side)]);
    expect(ofContacts(both.flat())).toEqual(['contact']);
    expect(await plan()).toContain('contact_pkey');

    expect(ofContacts(await analyzeGrown(t.db.side))).toEqual([]);
    await write(client, 800);
    expect(ofContacts(await analyzeGrown(t.db.side))).toEqual([]);
    await write(client, 2_000);
    expect(ofContacts(await analyzeGrown(t.db.side))).toEqual(['contact']);
  });
});

test('a locked table is skipped until the next time', async () => {
  await withClient(async (client) => {
    await client.query('create table grown as select generate_series(1, 500) as n');
    await client.query('select pg_stat_force_next_flush()');
    await client.query('begin');
    await client.query('lock table grown in share update exclusive mode');
    await analyzeGrown(t.db.side);
    await client.query('commit');
    expect(await analyzeGrown(t.db.side)).toContain('grown');
    expect(await analyzeGrown(t.db.side)).not.toContain('grown');
  });
});
