import { Pool, type PoolClient, TypeOverrides, types as defaultTypes } from 'pg';
import { unavailable } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { failureKind } from './failure.ts';
import { Transaction, type Statement } from './query.ts';

/** The PostgreSQL to connect to: a URL, or the socket of the embedded one. */
export type Connection =
  | { connectionString: string }
  | { host: string; port: number; user: string; password: string; database: string };

export interface Database {
  /** Connections with a short lock_timeout: a statement that waits for a lock fails (error 55P03). */
  readonly pool: Pool;
  /** Connections that wait longer for locks, for statements that failed on the other pool. */
  readonly side: Pool;
  readonly connection: Connection;
  /** Reads rows; if the database is unreachable, it retries for up to five seconds, then throws `unavailable`. */
  read<Row>(statement: Statement, values: unknown[]): Promise<Row[]>;
  /**
   * Runs several statements in a transaction; rolled back if `work` throws. It runs again after a deadlock or a
   * lock held elsewhere, so `work` must have no effects outside the database.
   */
  transaction<T>(work: (trx: Transaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** How long a request may wait for an unreachable database, in milliseconds. */
export const TIMEOUT_MS = 5_000;

// Times are passed as text, never through a JavaScript Date, which would truncate them and shift them by time
// zone.
const types = new TypeOverrides(defaultTypes);
types.setTypeParser(defaultTypes.builtins.TIMESTAMPTZ, isoFromPostgres);
types.setTypeParser(defaultTypes.builtins.DATE, String);
// Amounts: the schema limits them to 12 digits and 4 decimals, which a number represents exactly.
types.setTypeParser(defaultTypes.builtins.NUMERIC, Number);
types.setTypeParser(defaultTypes.builtins.INT8, Number);

export function openDatabase(connection: Connection, options: { max: number; log: Logger }): Database {
  const pool = openPool(connection, options.max, 'lock_timeout=300ms', options.log);
  const side = openPool(connection, 4, 'lock_timeout=5s', options.log);

  return {
    pool,
    side,
    connection,
    read: (statement, values) =>
      retried(async () => (await pool.query({ ...statement, values })).rows as never[]),
    transaction: (work) => persistently(() => inTransaction(pool, work)),
    async close() {
      await Promise.all([pool.end(), side.end()]);
    },
  };
}

/**
 * Prepared statements keep their first plan, and a queue is often empty then: a scan of the whole table looks
 * cheap, but is not an hour later. Every statement here has a suitable index.
 */
const PLANNING = ['enable_seqscan=off', 'jit=off'];

/** A process that stands still in a transaction would hold its locks for ever. */
const IDLE_LIMIT = 'idle_in_transaction_session_timeout=60s';

function openPool(connection: Connection, max: number, setting: string, log: Logger): Pool {
  const pool = new Pool({
    ...connection,
    max,
    types,
    application_name: 'fairlead',
    options: ['TimeZone=UTC', 'statement_timeout=60s', IDLE_LIMIT, ...PLANNING, setting]
      .map((item) => `-c ${item}`)
      .join(' '),
    connectionTimeoutMillis: 3_000,
    query_timeout: 65_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
  });
  // An idle connection that breaks is replaced by the next query; without a listener, the error would end the
  // process.
  pool.on('error', (error) => log.debug({ err: error.message }, 'idle database connection lost'));
  // The same for a connection that breaks while in use, between two statements: the next statement on it fails.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/**
 * Retries a read while the database is unreachable, or blocked by a lock (of a migration), for up to `TIMEOUT_MS`.
 */
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
          kind === 'lost'
            ? 'The database cannot be reached.'
            : 'The read is blocked by other changes; try again.',
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
 * Waits at most `ms`: a database that hangs returns nothing, not even an error. The running statement may still
 * take effect; the Idempotency-Key protects a client that retries.
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

/** Maximum tries of a transaction that conflicts with others. */
const TRIES = 4;

async function persistently<T>(work: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await work();
    } catch (error) {
      const kind = failureKind(error);
      if (kind === 'lost') throw unavailable('The database cannot be reached.', 2);
      if (kind !== 'conflict' && kind !== 'locked') throw error;
      if (tried === TRIES) throw unavailable('The change conflicts with other changes; try again.', 1);
    }
  }
}

/**
 * Commits what `work` does, or rolls it back if `work` throws. If the rollback fails too, that error is thrown, and the
 * connection is closed: it may still be in the transaction.
 */
async function inTransaction<T>(pool: Pool, work: (trx: Transaction) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let failed: Error | undefined;
  try {
    await client.query('begin');
    return await committed(client, work, (error) => (failed = error));
  } finally {
    client.release(failed);
  }
}

async function committed<T>(
  client: PoolClient,
  work: (trx: Transaction) => Promise<T>,
  onFailedRollback: (error: Error) => void,
): Promise<T> {
  const trx = new Transaction(client);
  try {
    const result = await work(trx);
    trx.end();
    await client.query('commit');
    return result;
  } catch (error) {
    trx.end();
    await client.query('rollback').catch((failed: Error) => {
      onFailedRollback(failed);
      throw failed;
    });
    throw error;
  }
}

/** `2026-06-01 12:00:00.5+00` to `2026-06-01T12:00:00.500Z`; `infinity` stays. */
export function isoFromPostgres(text: string): string {
  // Milliseconds of a year of four digits: almost all times.
  if (text.length === 26 && text[10] === ' ' && text.endsWith('+00'))
    return `${text.slice(0, 10)}T${text.slice(11, 23)}Z`;
  if (text.endsWith('infinity')) return text;
  const [, day, time, fraction = ''] = /^(\S+) (\d\d:\d\d:\d\d)(?:\.(\d+))?\+00$/.exec(text) ?? [];
  if (!day) throw new Error(`not a UTC time from PostgreSQL: ${text}`);
  return `${day}T${time}.${fraction.padEnd(3, '0').slice(0, 3)}Z`;
}
