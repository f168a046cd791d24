import type { PoolClient } from 'pg';
import type { Sql } from './sql.ts';

/**
 * A statement that is prepared once per connection, by its name, which is unique in the program. Its result has named
 * columns, not `*`: a prepared statement fails once a migration adds a column to its result.
 */
export interface Statement {
  name: string;
  text: string;
}

/** Something that runs statements: a pool, one connection, or a transaction. */
export interface Queryable {
  query<Row>(statement: {
    name?: string;
    text: string;
    values: unknown[];
  }): Promise<{ rows: Row[]; rowCount: number | null }>;
}

/** The rows of a fixed statement, or of SQL that was put together for this call. */
export async function query<Row>(on: Queryable, statement: Statement, values: unknown[]): Promise<Row[]>;
export async function query<Row>(on: Queryable, built: Sql): Promise<Row[]>;
export async function query<Row>(
  on: Queryable,
  statement: Statement | Sql,
  values?: unknown[],
): Promise<Row[]> {
  const { rows } = await on.query<Row>(
    'name' in statement
      ? { name: statement.name, text: statement.text, values: values! }
      : statement.toQuery(),
  );
  return rows;
}

/** An open transaction. Functions that take one and not a `Queryable` must run in a transaction. */
export class Transaction implements Queryable {
  readonly #client: PoolClient;
  #ended = false;

  constructor(client: PoolClient) {
    this.#client = client;
  }

  query<Row>(statement: { name?: string; text: string; values: unknown[] }) {
    if (this.#ended) throw new Error('The transaction has ended.');
    return this.#client.query<Row & object>(statement) as Promise<{ rows: Row[]; rowCount: number | null }>;
  }

  end(): void {
    this.#ended = true;
  }
}

/**
 * Runs in the transaction of a change, after the change is written. Stores take one, so that the audit entry and the
 * idempotent response are committed with the change or not at all.
 */
export type AfterWrite<T> = (trx: Transaction, item: T) => Promise<void>;
