import type { StoredAnswer } from '../account/idempotency.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import { badData } from '../db/batch-runner.ts';
import { failureKind } from '../db/failure.ts';
import type { Database } from '../db/pool.ts';
import { query, type Statement, type Transaction } from '../db/query.ts';
import type { LaneKey } from '../events/outbox.ts';
import type { BaseRecord } from './noun.ts';
import type { ChangeRequest, Writer } from './record-plan.ts';
import type { PreparedChange, RecordService } from './record-service.ts';

/** A change of one record among several. */
export type BulkItem<R> = { id: Uuid } & PreparedChange<R>;

interface BulkParts {
  db: Database;
  notify(lanes: LaneKey[]): void;
}

/** What became of an item: the response that it would have alone, or its error. */
export type BulkOutcome = StoredAnswer | ApiError;

/**
 * Changes several different records in one transaction. A change that is refused does not affect the others; those that
 * are valid are written together, or none of them if the database refuses one.
 * @param answerOfRecord the response of one changed record
 * @param answerOf makes the response of the request from the outcomes, in the order of the items; it is stored with them
 */
export async function changeRecords<R extends BaseRecord, Input extends object>(
  { db, notify }: BulkParts,
  service: RecordService<R, Input>,
  writer: Writer,
  items: readonly BulkItem<R>[],
  answerOfRecord: (record: R) => StoredAnswer,
  answerOf: (outcomes: BulkOutcome[]) => StoredAnswer,
): Promise<StoredAnswer> {
  const { store, noun } = service;
  const requests = items.map(({ id, mutation }): ChangeRequest<R> => ({
    writer,
    id,
    mutation,
    expected: null,
    answer: answerOfRecord,
  }));
  const writable = await withoutRefused(service, writer, items);
  try {
    const { answer, lanes } = await db.transaction(async (trx) => {
      const refused = await prepared(trx, writable);
      await query(trx, lockStatement(noun.name), [writer.workspaceId, items.map(({ id }) => id)]);
      const accepted = requests.filter((_, at) => !refused.has(at));
      return store.changeManyWithin(trx, writer, accepted, (outcomes) => {
        const left = [...outcomes];
        return answerOf(items.map((_, at) => refused.get(at) ?? left.shift()!));
      });
    });
    notify(lanes);
    return answer;
  } catch (error) {
    throw failureKind(error) === 'data' ? badData(error) : error;
  }
}

/** A change that will be refused needs nothing: it must not create a source or a tag. */
async function withoutRefused<R extends BaseRecord, Input extends object>(
  { store }: RecordService<R, Input>,
  { workspaceId, actor }: Writer,
  items: readonly BulkItem<R>[],
): Promise<readonly BulkItem<R>[]> {
  const dependent = items.filter(({ before }) => before.length > 0);
  if (dependent.length === 0) return items;
  const records = await store.getMany(
    workspaceId,
    dependent.map(({ id }) => id),
  );
  const current = new Map(records.map((record) => [record.id, record]));
  return items.map((item) => {
    const record = current.get(item.id);
    return record && isAllowed(item, record, actor) ? item : { ...item, before: [] };
  });
}

function isAllowed<R extends BaseRecord>({ mutation }: BulkItem<R>, record: R, actor: string): boolean {
  try {
    mutation.apply(record, { at: record.updated_at, actor, resolved: {} });
    return true;
  } catch (error) {
    if (error instanceof ApiError) return false;
    throw error;
  }
}

/** Runs what the changes need before their rows are locked. @returns the errors of those that cannot be written, by index */
async function prepared<R>(trx: Transaction, items: readonly BulkItem<R>[]): Promise<Map<number, ApiError>> {
  const refused = new Map<number, ApiError>();
  for (const [at, { before }] of items.entries()) {
    try {
      for (const step of before) await step(trx);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      refused.set(at, error);
    }
  }
  return refused;
}

/** In the order of the ids, so that two batches do not wait for each other. */
function lockStatement(table: string): Statement {
  return {
    name: `${table}.lock-for-changes`,
    text: `select from ${table} where workspace_id = $1 and id = any($2::uuid[]) and deleted_at is null
           order by id for update`,
  };
}
