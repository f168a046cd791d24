import type { Pool, PoolClient } from 'pg';

/** Grown this many times over, a table is no longer what its plans were made for. */
const GROWN = 10;
/** A table that was never analyzed counts as so many rows. */
const FEWEST_ROWS = 10;

// Any number will do, as long as every process of an installation uses the same.
const LOCK = 0x4641_4954;

/**
 * Analyzes the tables that have grown tenfold since they last were, and so has their plans made anew. While a table is
 * empty every index looks alike: one row is then looked for by any that begins with its workspace, and by that one, over
 * all rows of the workspace, until somebody analyzes the table. PostgreSQL itself would after a minute: an import has
 * made a hundred thousand rows by then. One process does it at a time, the others leave it to that one.
 * A table that somebody holds is left for the next time.
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
    // Closed, not given back: its lock goes with the connection.
    client.release(true);
    throw error;
  }
}

async function takesTurn(client: PoolClient): Promise<boolean> {
  const { rows } = await client.query<{ ours: boolean }>('select pg_try_advisory_lock($1) as ours', [LOCK]);
  return rows[0]!.ours;
}

/** Partitions among them: each has its own statistics. */
async function grownTables(client: PoolClient): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(`
    select c.oid::regclass::text as name
    from pg_class c
    where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace
      and pg_stat_get_live_tuples(c.oid) >= ${GROWN} * greatest(c.reltuples, ${FEWEST_ROWS})
    order by 1`);
  return rows.map(({ name }) => name);
}
