import { requireChecked } from '../account/caller-check.ts';
import type { Idempotency, StoredAnswer } from '../account/idempotency.ts';
import type { Uuid } from '../base/id.ts';
import { makeBatchWriter } from '../db/batch-writer.ts';
import type { Database } from '../db/pool.ts';
import type { Queryable } from '../db/query.ts';
import type { LaneKey } from '../events/outbox.ts';
import type { BaseRecord, Noun } from './noun.ts';
import {
  RecordBatch,
  type BatchParts,
  type ChangeUnit,
  type CreateUnit,
  type InsertGate,
} from './record-batch.ts';
import type { ChangeRequest, Plan, Writer } from './record-plan.ts';

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
    on: Queryable,
    writer: Writer,
    plans: readonly Plan[],
    answer?: StoredAnswer,
  ): Promise<LaneKey[]>;
  /** The same as `change`, for a record whose row the transaction has locked. */
  changeWithin(on: Queryable, request: ChangeRequest<R>): Promise<{ answer: StoredAnswer; lanes: LaneKey[] }>;
  get(workspaceId: Uuid, id: Uuid): Promise<R | undefined>;
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

  return {
    create(writer, plans, answer) {
      if (plans.length === 0 && !writer.claim) return Promise.resolve(answer);
      const sizes = plans.map(({ text, related = '' }) => text.length + related.length + OVERHEAD_BYTES);
      return creates.add({ writer, plans, answer, bytes: sizes.reduce((sum, size) => sum + size, 0) });
    },

    async change(request) {
      requireChecked(request.writer);
      return changes.add(request);
    },

    createWithin(on, writer, plans, answer = NO_BODY) {
      if (plans.length === 0 && !writer.claim) return Promise.resolve([]);
      return batch.createWithin(on, { writer, plans, answer });
    },

    changeWithin: (on, request) => batch.changeWithin(on, request),

    get: async (workspaceId, id) => (await read(workspaceId, [id]))[0],

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
