import { requireChecked } from '../account/caller-check.ts';
import type { Idempotency, StoredAnswer } from '../account/idempotency.ts';
import { isoTime } from '../base/clock.ts';
import type { Uuid } from '../base/id.ts';
import { makeBatchWriter } from '../db/batch-writer.ts';
import type { Database } from '../db/pool.ts';
import type { Queryable, Transaction } from '../db/query.ts';
import type { LaneKey } from '../events/outbox.ts';
import type { BaseRecord, Noun } from './noun.ts';
import { RecordBatch, type BatchParts, type ChangeUnit, type CreateUnit } from './record-batch.ts';
import { survivorOf } from './merge/merged-id.ts';
import type { InsertGate } from './insert-gate.ts';
import type { ChangeRequest, Plan, Writer } from './record-plan.ts';
import { insertTags } from './tags/tag-registry.ts';

/** What a store needs from the rest of the program. */
export interface StoreParts extends BatchParts {
  db: Database;
  idempotency: Idempotency;
}

/**
 * Reads and writes one kind of record. Concurrent writes are gathered into one statement that holds records, events,
 * timeline, queue rows and idempotency answers.
 */
export interface RecordStore<R extends BaseRecord> {
  /**
   * Writes new records, all or none, and stores the response under the writer's idempotency key. Throws
   * `AlreadyAnswered` if the key is taken.
   */
  create(writer: Writer, plans: readonly Plan[], answer: StoredAnswer): Promise<StoredAnswer>;
  /**
   * Changes one record; a change that alters nothing writes nothing and fires nothing. Throws `not_found`,
   * `precondition_failed`, `AlreadyAnswered` and the errors of the noun's rules.
   */
  change(request: ChangeRequest<R>): Promise<StoredAnswer>;
  /**
   * The same as `create` in the caller's transaction. Also throws the errors of the noun's insert gate.
   * @returns the lanes to notify after the commit
   */
  createWithin(
    trx: Transaction,
    writer: Writer,
    plans: readonly Plan[],
    answer?: StoredAnswer,
  ): Promise<LaneKey[]>;
  /** The same as `change`, for a record whose row the transaction has locked. */
  changeWithin(on: Queryable, request: ChangeRequest<R>): Promise<{ answer: StoredAnswer; lanes: LaneKey[] }>;
  /** Writes planned changes of records whose rows the transaction has locked. @returns the lanes to notify after the commit */
  updateWithin(
    on: Queryable,
    writer: Writer,
    plans: readonly Plan<R>[],
    answer?: StoredAnswer,
  ): Promise<LaneKey[]>;
  /** The same for several records; each change has its own outcome. See `RecordBatch.changeManyWithin`. */
  changeManyWithin: RecordBatch<R, never>['changeManyWithin'];
  /** Restores a deleted record whose row the transaction has locked. @param isDeleted false: it only answers */
  restoreWithin(
    on: Queryable,
    writer: Writer,
    current: R,
    isDeleted: boolean,
    changed?: Record<string, unknown>,
  ): Promise<{ answer: StoredAnswer; lanes: LaneKey[] }>;
  get(workspaceId: Uuid, id: Uuid): Promise<R | undefined>;
  /** The record with this id, or the one that it was merged into. */
  find(workspaceId: Uuid, id: Uuid): Promise<R | undefined>;
  /** The records that exist, in any order. */
  getMany(workspaceId: Uuid, ids: readonly Uuid[]): Promise<R[]>;
  /** When a record was deleted; undefined if it was not deleted or never existed. */
  deletedAt(workspaceId: Uuid, id: Uuid): Promise<string | undefined>;
  /** Converts a row of the noun's table to a record. */
  toRecord(row: Record<string, unknown>): R;
}

const NO_BODY = { status: 201, body: '' };
/** Size of a record in a batch, besides its text, in bytes. */
const OVERHEAD_BYTES = 300;

export function makeRecordStore<R extends BaseRecord, Input extends object>(
  noun: Noun<R, Input>,
  parts: StoreParts,
  gate?: InsertGate,
): RecordStore<R> {
  const { db } = parts;
  const batch = new RecordBatch(noun, parts, gate);
  const creates = makeBatchWriter<CreateUnit, StoredAnswer>(db, {
    groupOf: ({ writer }) => writer.workspaceId,
    keysOf: ({ writer }) => claimKeys(writer),
    weigh: ({ plans, bytes }) => ({ weight: plans.length, bytes }),
    ...(gate?.maxWeight !== undefined && { maxWeight: gate.maxWeight }),
    run: (on, units) => batch.create(on, units),
    committed: (on, units) => batch.created(on, units),
  });
  const changes = makeBatchWriter<ChangeUnit<R>, StoredAnswer>(db, {
    groupOf: ({ writer }) => writer.workspaceId,
    keysOf: ({ id, writer }) => [id, ...claimKeys(writer)],
    run: (on, units) => batch.change(on, units),
    committed: (on, units) => batch.changed(on, units),
  });
  const read = async (workspaceId: Uuid, ids: readonly Uuid[]) => {
    const workspaceIds = ids.map(() => workspaceId);
    const rows = await db.read<Record<string, unknown>>(batch.sql.read, [workspaceIds, ids]);
    return rows.map((row) => batch.toRecord(row));
  };

  /** Tags that the workspace does not have yet are created with the record, so that a refused record leaves none behind. */
  const createWithin = async (
    trx: Transaction,
    writer: Writer,
    plans: readonly Plan[],
    answer: StoredAnswer,
  ) => {
    for (const { before } of plans) if (before) await before(trx);
    const newTags = plans.flatMap((plan) => plan.newTags ?? []);
    if (newTags.length > 0) await insertTags(trx, writer, newTags, isoTime(parts.clock.now()));
    return batch.createWithin(trx, { writer, plans, answer });
  };
  const createInTransaction = async (writer: Writer, plans: readonly Plan[], answer: StoredAnswer) => {
    requireChecked(writer);
    const lanes = await db.transaction((trx) => createWithin(trx, writer, plans, answer));
    parts.notify(lanes);
    return answer;
  };

  return {
    create(writer, plans, answer) {
      if (plans.length === 0 && !writer.claim) return Promise.resolve(answer);
      if (plans.some(({ newTags, before }) => newTags ?? before))
        return createInTransaction(writer, plans, answer);
      const sizes = plans.map(({ text, related = '' }) => text.length + related.length + OVERHEAD_BYTES);
      return creates.add({ writer, plans, answer, bytes: sizes.reduce((sum, size) => sum + size, 0) });
    },

    async change(request) {
      requireChecked(request.writer);
      return changes.add(request);
    },

    createWithin(trx, writer, plans, answer = NO_BODY) {
      if (plans.length === 0 && !writer.claim) return Promise.resolve([]);
      return createWithin(trx, writer, plans, answer);
    },

    changeWithin: (on, request) => batch.changeWithin(on, request),

    updateWithin: (on, writer, plans, answer = NO_BODY) => batch.updateWithin(on, { writer, plans, answer }),
    changeManyWithin: (on, writer, requests, answerOf) =>
      batch.changeManyWithin(on, writer, requests, answerOf),

    restoreWithin: (...request) => batch.restoreWithin(...request),

    get: async (workspaceId, id) => (await read(workspaceId, [id]))[0],

    async find(workspaceId, id) {
      for (let current: Uuid | undefined = id; current !== undefined;) {
        const [record] = await read(workspaceId, [current]);
        if (record) return record;
        current = await survivorOf(db, noun, workspaceId, current);
      }
      return undefined;
    },

    getMany: async (workspaceId, ids) => (ids.length === 0 ? [] : read(workspaceId, ids)),

    async deletedAt(workspaceId, id) {
      const rows = await db.read<{ deleted_at: string | null }>(batch.sql.deleted, [workspaceId, id]);
      return rows[0]?.deleted_at ?? undefined;
    },

    toRecord: (row) => batch.toRecord(row),
  };
}

function claimKeys({ claim }: Writer): string[] {
  return claim ? [`${claim.identity}/${claim.key}`] : [];
}
