import type { Pool } from 'pg';
import { query } from './query.ts';
import type { Sql } from './sql.ts';

/** Reads rows, at most for this time; null if that was not enough. Other errors are thrown. */
export async function readWithin<Row>(pool: Pool, ms: number, built: Sql): Promise<Row[] | null> {
  const client = await pool.connect();
  let failed: Error | undefined;
  try {
    await client.query(`begin read only; set local statement_timeout = ${Math.ceil(ms)}`);
    const rows = await query<Row>(client, built);
    await client.query('commit');
    return rows;
  } catch (error) {
    await client.query('rollback').catch((rollback: Error) => (failed = rollback));
    if ((error as { code?: string }).code === '57014') return null;
    throw error;
  } finally {
    client.release(failed);
  }
}
