import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type pg from 'pg';
import { StartError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';

interface Migration {
  name: string;
  sql: string;
  checksum: string;
}

// An arbitrary number, which must be the same in every process of an installation.
const LOCK = 0x4641_4952;

/** The SQL files of the migrations folder, in order. */
export function migrations(): Migration[] {
  const folder = new URL('./migrations/', import.meta.url);
  return readdirSync(folder)
    .filter((name) => /^\d{4}_.+\.sql$/.test(name))
    .sort()
    .map((name) => {
      const sql = readFileSync(new URL(name, folder), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    });
}

/**
 * Brings the database up to date: each missing migration in its own transaction, all under one advisory lock, so
 * that processes that start together take turns. Forward only.
 * @returns the names of the migrations that were applied now
 */
export async function migrate(pool: pg.Pool, log: Logger): Promise<string[]> {
  const client = await pool.connect();
  try {
    await checkServer(client);
    // The pool's short time-outs are for requests; another process may be migrating for a while.
    await client.query('set lock_timeout = 0; set statement_timeout = 0');
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    await client.query(
      'create table if not exists migration (name text primary key, checksum text not null, applied_at timestamptz(3) not null default clock_timestamp())',
    );
    const done = await applied(client);
    const applying = migrations().filter((migration) => !isApplied(migration, done));
    for (const migration of applying) {
      log.info({ migration: migration.name }, 'migrating');
      await apply(client, migration);
    }
    return applying.map((migration) => migration.name);
  } finally {
    // Closed instead of released: its settings and its lock end with the connection.
    client.release(true);
  }
}

/** The migrations of this program that the database does not have. */
export async function missingMigrations(pool: pg.Pool): Promise<string[]> {
  const exists = await pool.query<{ at: string | null }>("select to_regclass('migration') as at");
  const done = exists.rows[0]!.at ? await applied(pool) : new Map<string, string>();
  return migrations().flatMap((migration) => (done.has(migration.name) ? [] : [migration.name]));
}

async function applied(on: pg.Pool | pg.PoolClient): Promise<Map<string, string>> {
  const { rows } = await on.query<{ name: string; checksum: string }>('select name, checksum from migration');
  return new Map(rows.map((row) => [row.name, row.checksum]));
}

function isApplied(migration: Migration, done: Map<string, string>): boolean {
  const checksum = done.get(migration.name);
  if (checksum !== undefined && checksum !== migration.checksum) {
    throw new StartError(
      `Migration ${migration.name} was applied with different content; this is not the database of this version.`,
    );
  }
  return checksum !== undefined;
}

async function apply(client: pg.PoolClient, migration: Migration): Promise<void> {
  await client.query('begin');
  try {
    await client.query(migration.sql);
    await client.query('insert into migration (name, checksum) values ($1, $2)', [
      migration.name,
      migration.checksum,
    ]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw new StartError(
      `Migration ${migration.name} failed and was rolled back: ${(error as Error).message}`,
    );
  }
}

async function checkServer(client: pg.PoolClient): Promise<void> {
  const { rows } = await client.query<{ version: number; encoding: string }>(
    "select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding",
  );
  const { version, encoding } = rows[0]!;
  if (version < 150000)
    throw new StartError(`PostgreSQL ${Math.floor(version / 10000)} is too old: 15 or newer is needed.`);
  if (encoding !== 'UTF8') {
    throw new StartError(`The database is encoded in ${encoding}; create it with ENCODING 'UTF8'.`);
  }
}
