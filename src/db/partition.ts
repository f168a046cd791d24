import type { Pool, PoolClient } from 'pg';
import { floorId } from '../base/id.ts';

/** The tables with a retention time, partitioned by the week in their UUIDv7 id. */
const TABLES = ['event', 'attempt'] as const;
type Table = (typeof TABLES)[number];

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** A Monday: 1970-01-05. */
const FIRST_MONDAY_MS = 4 * DAY_MS;

/** Monday 00:00 UTC of the week of `ms`. */
function weekOf(ms: number): number {
  return Math.floor((ms - FIRST_MONDAY_MS) / WEEK_MS) * WEEK_MS + FIRST_MONDAY_MS;
}

function partitionName(table: string, week: number): string {
  return `${table}_${new Date(week).toISOString().slice(0, 10).replaceAll('-', '')}`;
}

// An arbitrary number, which must be the same in every process of an installation.
const LOCK = 0x4641_4953;

/**
 * Creates the partitions from last week to at least 14 days ahead, so that they exist before they are needed; run
 * at the start and every hour. Processes take turns: concurrent `create table if not exists` fails, because it
 * checks before it locks.
 * @param now wall-clock milliseconds
 */
export async function ensurePartitions(pool: Pool, now: number): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query("set local lock_timeout = '60s'");
    await client.query('select pg_advisory_xact_lock($1)', [LOCK]);
    const existing = await partitions(client);
    for (const table of TABLES) {
      for (let week = weekOf(now) - WEEK_MS; week <= now + 14 * DAY_MS + WEEK_MS; week += WEEK_MS) {
        const name = partitionName(table, week);
        if (existing.includes(name)) continue;
        await client.query(
          `create table ${name} partition of ${table} for values from ('${floorId(week)}') to ('${floorId(week + WEEK_MS)}')`,
        );
      }
    }
    await client.query('commit');
    client.release();
  } catch (error) {
    // Closed instead of released: the transaction and its lock end with the connection.
    client.release(true);
    throw error;
  }
}

/**
 * Drops the partitions whose last row is older than the table's bound, in wall-clock milliseconds.
 * @param before runs first for each, with its name
 * @returns the names of the dropped partitions
 */
export async function dropOldPartitions(
  pool: Pool,
  keepFrom: Record<Table, number>,
  before: Partial<Record<Table, (partition: string) => Promise<void>>>,
): Promise<string[]> {
  const old = (await partitions(pool)).filter((name) => {
    const [, table, y, m, d] = /^(event|attempt)_(\d{4})(\d\d)(\d\d)$/.exec(name) ?? [];
    const end = Date.parse(`${y}-${m}-${d}T00:00:00Z`) + WEEK_MS;
    return table !== undefined && end <= keepFrom[table as Table];
  });
  for (const name of old) {
    await before[name.split('_')[0] as Table]?.(name);
    await pool.query(`drop table if exists ${name}`);
  }
  return old;
}

async function partitions(on: Pool | PoolClient): Promise<string[]> {
  const { rows } = await on.query<{ name: string }>(
    'select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent where p.relname = any($1)',
    [TABLES],
  );
  return rows.map((row) => row.name);
}
