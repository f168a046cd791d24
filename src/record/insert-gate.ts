import type { RETRY } from '../db/batch-runner.ts';
import type { Queryable } from '../db/query.ts';
import type { InsertGateSql } from './record-statement.ts';

/** A noun's own part in writing new records: which are admitted, and fields that only the statement can compute. */
export interface InsertGate {
  sql: InsertGateSql;
  /** Records per batch, if their statement is slow: this process prepares the next batch meanwhile. */
  maxWeight?: number;
  /**
   * The units that the gate refused, by index in the batch, each with its error, or RETRY to write it in the next
   * statement.
   * @param result the value of `sql.result`
   */
  refused(on: Queryable, result: unknown): Promise<Map<number, Error | typeof RETRY>>;
}
