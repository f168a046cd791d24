import type { Pool, PoolClient } from 'pg';

/** When a table has grown by this factor, its plans are outdated. */
const GROWN = 10;
/** The assumed size of a table that was never analyzed, in rows. */
const MIN_ROWS = 10;

// An arbitrary number, which must be the same in every process of an installation.
const LOCK = 0x4641_4954;

/**
 * Analyzes the tables that have grown tenfold since the last time, so that their plans are made again. While a
 * table is empty, all its indexes look equal: a single row is then searched by any index that begins with its
 * workspace, over all rows of the workspace, until the table is analyzed. PostgreSQL itself would do so after a
 * minute, when an import may have written a hundred thousand rows. One process does it at a time; the others skip
 * it. A locked table is skipped until the next time.
 * @returns the names of the tables that have grown
 */
export async function analyzeGrown(pool: Pool): Promise<string[]> {
  const client = await pool.connect();
  try {
    const names = (await takesTurn(client)) ? await grownTables(client) : [];
    for (const name of names) await client.query(`analyze (skip_locked) ${name}`);
    await client.query('select pg_advisory_unlock_all()');
    client.release();
    return names;
  } catch (error) {
    // Closed instead of released: its lock ends with the connection.
    client.release(true);
    throw error;
  }
}

async function takesTurn(client: PoolClient): Promise<boolean> {
  const { rows } = await client.query<{ ours: boolean }>('select pg_try_advisory_lock($1) as ours', [LOCK]);
  return rows[0]!.ours;
}

/** Includes partitions: each has its own statistics. */
async function grownTables(client: PoolClient): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(`
    select c.oid::regclass::text as name
    from pg_class c
    where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace
      and pg_stat_get_live_tuples(c.oid) >= ${GROWN} * greatest(c.reltuples, ${MIN_ROWS})
    order by 1`);
  return rows.map(({ name }) => name);
}
