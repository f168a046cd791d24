import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { inject } from 'vitest';
import { makeLog } from '../../src/base/log.ts';
import { migrate, migrations } from '../../src/db/migrate.ts';
import { ensurePartitions } from '../../src/db/partition.ts';
import type { PostgresConnection } from '../../src/db/embedded/embedded.ts';
import { openDatabase, type Database } from '../../src/db/pool.ts';

export const silent = makeLog('silent');

/** Named by a hash of all migrations: other migrations make another template. */
const TEMPLATE = `template_${migrations()
  .map(({ checksum }) => checksum.slice(0, 8))
  .join('_')}`.slice(0, 60);

export interface TestDatabase {
  connection: PostgresConnection;
  db: Database;
  drop(): Promise<void>;
}

/** A database for one test file, cloned from a migrated template; `drop` removes it. */
export async function freshDatabase(): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await asAdmin(async (admin) => {
    // One file creates the template, the others wait for it.
    await admin.query('select pg_advisory_lock(1)');
    const { rowCount } = await admin.query('select from pg_database where datname = $1', [TEMPLATE]);
    if (rowCount === 0) await makeTemplate(admin);
    // Without fsync, copying files takes a fifth of the time that writing them to the WAL takes.
    await admin.query(`create database ${name} template ${TEMPLATE} strategy file_copy`);
    await admin.query('select pg_advisory_unlock(1)');
  });
  const connection = { ...inject('postgres'), database: name };
  const db = openDatabase(connection, { max: 8, log: silent });
  return {
    connection,
    db,
    async drop() {
      await db.close();
      await asAdmin((admin) => admin.query(`drop database ${name} with (force)`));
    },
  };
}

/** An empty database without tables, as an operator provides it. */
export async function blankDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `blank_${randomUUID().replaceAll('-', '')}`;
  await asAdmin((admin) => admin.query(`create database ${name}`));
  return {
    url: urlOf({ ...inject('postgres'), database: name }),
    async drop() {
      await asAdmin((admin) => admin.query(`drop database ${name} with (force)`));
    },
  };
}

/** A DATABASE_URL for a connection over a Unix socket. */
export function urlOf({ host, port, user, password, database }: PostgresConnection): string {
  const login = `${user}:${encodeURIComponent(password)}`;
  return `postgres://${login}@/${database}?host=${encodeURIComponent(host)}&port=${port}`;
}

async function makeTemplate(admin: Client): Promise<void> {
  const draft = `${TEMPLATE}_draft`;
  await admin.query(`drop database if exists ${draft}`);
  await admin.query(`create database ${draft}`);
  const db = openDatabase({ ...inject('postgres'), database: draft }, { max: 2, log: silent });
  await migrate(db.side, silent);
  await ensurePartitions(db.side, Date.now());
  await db.close();
  await admin.query(`alter database ${draft} rename to ${TEMPLATE}`);
}

async function asAdmin<T>(work: (admin: Client) => Promise<T>): Promise<T> {
  const admin = new Client({ ...inject('postgres'), database: 'postgres' });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}
