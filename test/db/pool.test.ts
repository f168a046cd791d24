import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../kit/database.ts';
import { until } from '../kit/process.ts';

describe('a connection lost while it is in use, between two statements', () => {
  let t: TestDatabase;
  beforeAll(async () => {
    t = await freshDatabase();
  });
  afterAll(() => t.drop());

  // An 'error' event without a listener ends the process: vitest then fails the run, whatever the test says.
  test('fails its work with unavailable, and does not end the process', async () => {
    const work = t.db.transaction(async (trx) => {
      const { rows } = await trx.query<{ pid: number }>({
        text: 'select pg_backend_pid() as pid',
        values: [],
      });
      await t.db.side.query('select pg_terminate_backend($1)', [rows[0]!.pid]);
      await until(async () => {
        const { rowCount } = await t.db.side.query('select from pg_stat_activity where pid = $1', [
          rows[0]!.pid,
        ]);
        return rowCount === 0;
      });
      await new Promise((resolve) => setTimeout(resolve, 50));
      await trx.query({ text: 'select 1', values: [] });
    });
    await expect(work).rejects.toMatchObject({ status: 503, code: 'unavailable' });
    expect((await t.db.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  test('is what happens after a minute to a process that stands still in a transaction', async () => {
    for (const pool of [t.db.pool, t.db.side])
      expect((await pool.query('show idle_in_transaction_session_timeout')).rows).toEqual([
        { idle_in_transaction_session_timeout: '1min' },
      ]);
    const work = t.db.transaction(async (trx) => {
      await trx.query({ text: `set local idle_in_transaction_session_timeout = '100ms'`, values: [] });
      await new Promise((resolve) => setTimeout(resolve, 500));
      await trx.query({ text: 'select 1', values: [] });
    });
    await expect(work).rejects.toMatchObject({ status: 503, code: 'unavailable' });
  });
});
