import { CompiledQuery, Kysely, PostgresDialect, type Transaction } from 'kysely';
import { Pool, TypeOverrides, types as defaultTypes } from 'pg';
import { unavailable } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { failureKind } from './failure.ts';
import type { Schema } from './schema.ts';

/** A statement that is prepared once a connection, under its name. */
export interface Statement {
  name: string;
  text: string;
}

/** What a statement can run on: a pool, one connection, or a transaction's connection. */
export interface Queryable {
  query<Row>(statement: Statement & { values: unknown[] }): Promise<{ rows: Row[]; rowCount: number | null }>;
}

/** Where to find PostgreSQL: a URL, or the embedded one's socket. */
export type Connection =
  | { connectionString: string }
  | { host: string; port: number; user: string; password: string; database: string };

export interface Database {
  /** Connections with a short lock_timeout: a statement held up by a lock gives way (error 55P03). */
  readonly pool: Pool;
  /** Connections that wait longer for locks, for what had to give way. */
  readonly side: Pool;
  readonly kysely: Kysely<Schema>;
  readonly connection: Connection;
  /** Reads; where the database is gone it tries again for up to five seconds, then `unavailable`. */
  read<Row>(statement: Statement, values: unknown[]): Promise<Row[]>;
  /**
   * Several statements as one; rolled back where `work` throws. Runs again after a deadlock or a lock held
   * elsewhere, so `work` must do nothing but talk to the database.
   */
  transaction<T>(work: (trx: Transaction<Schema>) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** A transaction's connection, for statements that have their own text. */
export function queryableOf(trx: Transaction<Schema>): Queryable {
  return {
    async query<Row>({ text, values }: Statement & { values: unknown[] }) {
      const { rows, numAffectedRows } = await trx.executeQuery<Row>(CompiledQuery.raw(text, values));
      return { rows, rowCount: Number(numAffectedRows ?? rows.length) };
    },
  };
}

/** How long a request may wait for a database that is gone, in milliseconds. */
export const TIMEOUT_MS = 5_000;

// Times pass as text, never through a JavaScript Date, which would cut them and shift them by zone.
const types = new TypeOverrides(defaultTypes);
types.setTypeParser(defaultTypes.builtins.TIMESTAMPTZ, isoFromPostgres);
types.setTypeParser(defaultTypes.builtins.DATE, String);
// Amounts: the schema holds them to 12 digits and 4 decimals, which a number carries exactly.
types.setTypeParser(defaultTypes.builtins.NUMERIC, Number);
types.setTypeParser(defaultTypes.builtins.INT8, Number);

export function openDatabase(connection: Connection, options: { max: number; log: Logger }): Database {
  const pool = openPool(connection, options.max, 'lock_timeout=300ms', options.log);
  const side = openPool(connection, 4, 'lock_timeout=5s', options.log);
  const kysely = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });

  return {
    pool,
    side,
    kysely,
    connection,
    read: (statement, values) =>
      retried(async () => (await pool.query({ ...statement, values })).rows as never[]),
    transaction: (work) => persistently(() => kysely.transaction().execute(work)),
    async close() {
      await Promise.all([pool.end(), side.end()]);
    },
  };
}

/**
 * Prepared statements keep the plan they were given first, and a queue is often empty then: a scan of the
 * whole table looks cheap, and is not an hour later. Every statement here has an index to go by.
 */
const PLANNING = ['enable_seqscan=off', 'jit=off'];

function openPool(connection: Connection, max: number, setting: string, log: Logger): Pool {
  const pool = new Pool({
    ...connection,
    max,
    types,
    application_name: 'fairlead',
    options: ['TimeZone=UTC', 'statement_timeout=60s', ...PLANNING, setting]
      .map((item) => `-c ${item}`)
      .join(' '),
    connectionTimeoutMillis: 3_000,
    query_timeout: 65_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
  });
  // An idle connection that breaks is replaced by the next query; unheard, it would end the process.
  pool.on('error', (error) => log.debug({ err: error.message }, 'idle database connection lost'));
  // So would one that breaks while it is lent out, between two statements: the next statement on it fails.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** Repeats what only reads while the database is gone, or a lock in the way (a migration's), for up to `PATIENCE_MS`. */
export function retried<T>(read: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + TIMEOUT_MS;
  const repeat = async (pause: number): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      const kind = failureKind(error);
      if (kind !== 'lost' && kind !== 'locked') throw error;
      if (performance.now() + pause > deadline) {
        throw unavailable(
          kind === 'lost' ? 'The database can not be reached.' : 'Other changes are in the way.',
          2,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
      return repeat(Math.min(pause * 2, 500));
    }
  };
  return withTimeout(repeat(50), TIMEOUT_MS);
}

/**
 * Waits so long and no longer: a database that hangs answers nothing, not even an error. What was under way
 * may still take effect; an Idempotency-Key tells a client that asks again.
 */
export async function withTimeout<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(unavailable('The database does not answer.', 2)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Tries for a transaction that others are in the way of. */
const TRIES = 4;

async function persistently<T>(work: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await work();
    } catch (error) {
      const kind = failureKind(error);
      if (kind === 'lost') throw unavailable('The database can not be reached.', 2);
      if (kind !== 'conflict' && kind !== 'locked') throw error;
      if (tried === TRIES) throw unavailable('Other changes are in the way.', 1);
    }
  }
}

/** `2026-06-01 12:00:00.5+00` to `2026-06-01T12:00:00.500Z`; `infinity` stays as it is. */
function isoFromPostgres(text: string): string {
  if (text.endsWith('infinity')) return text;
  const [, day, time, fraction = ''] = /^(\S+) (\d\d:\d\d:\d\d)(?:\.(\d+))?\+00$/.exec(text) ?? [];
  if (!day) throw new Error(`not a UTC time from PostgreSQL: ${text}`);
  return `${day}T${time}.${fraction.padEnd(3, '0').slice(0, 3)}Z`;
}
