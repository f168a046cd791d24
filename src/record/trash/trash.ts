import type { StoredAnswer } from '../../account/idempotency.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query, type Transaction } from '../../db/query.ts';
import { sql } from '../../db/sql.ts';
import type { LaneKey } from '../../events/outbox.ts';
import type { BaseRecord } from '../noun.ts';
import { deletionOf, requireMayChange, type Writer } from '../record-plan.ts';
import type { RecordService } from '../record-service.ts';

/** How long a deleted record can be restored; then its personal data is erased. */
export const RESTORABLE_DAYS = 30;

const RESTORABLE_MS = RESTORABLE_DAYS * 86_400_000;

export interface TrashParts {
  db: Database;
  clock: Clock;
  notify(lanes: LaneKey[]): void;
}

interface StoredRow extends Record<string, unknown> {
  id: Uuid;
  merged_into?: Uuid | null;
  deleted_at: string | null;
  expunged_at: string | null;
  erase_requested_at: string | null;
}

/**
 * Restores a deleted record; one that is not deleted stays as it is, and fires nothing. The row is locked as by the
 * erasure, so that only one of the two happens. Throws `not_found`, and `gone` once its data is erased or is to be.
 */
export async function restoreRecord<R extends BaseRecord, Input extends object>(
  { db, clock, notify }: TrashParts,
  service: RecordService<R, Input>,
  writer: Writer,
  id: Uuid,
): Promise<StoredAnswer> {
  const { noun, store } = service;
  const { answer, lanes } = await db.transaction(async (trx) => {
    const row = await lockRow(trx, noun.name, writer.workspaceId, id);
    const current = store.toRecord(row);
    requireMayChange(noun, current, writer);
    if (row.deleted_at === null) return store.restoreWithin(trx, writer, current, false);
    refuseErased(noun.name, row, clock.now());
    return service.restoreWithin(trx, writer, current);
  });
  notify(lanes);
  return answer;
}

/** A deleted record that is to be erased at once. */
export interface ErasureRequest {
  id: Uuid;
  deleted_at: string;
  /** When its personal data was erased; null before that. */
  erased_at: string | null;
  erase_requested_at: string;
}

/**
 * Asks to erase a record, and deletes it first if it is not deleted. Asking again changes nothing. Throws `not_found`.
 * @param afterWrite stores the audit entry and the response, in the transaction
 */
export async function requestErasure<R extends BaseRecord, Input extends object>(
  { db, clock, notify }: TrashParts,
  { noun, store }: RecordService<R, Input>,
  writer: Omit<Writer, 'claim'>,
  requestedId: Uuid,
  afterWrite: (trx: Transaction, request: ErasureRequest) => Promise<void>,
): Promise<ErasureRequest> {
  const { workspaceId } = writer;
  const { request, lanes } = await db.transaction(async (trx) => {
    const row = await lockRow(trx, noun.name, workspaceId, requestedId);
    requireMayChange(noun, store.toRecord(row), writer);
    const { id } = row;
    const at = isoTime(clock.now());
    const fired: LaneKey[] = [];
    if (row.deleted_at === null) {
      const removal = { writer, id, mutation: deletionOf<R>(noun), expected: null };
      const removed = await store.changeWithin(trx, {
        ...removal,
        answer: () => ({ status: 204, body: '' }),
      });
      fired.push(...removed.lanes);
    }
    const [made] = await query<ErasureRequest>(
      trx,
      sql`update ${sql.ref(noun.name)} set erase_requested_at = coalesce(erase_requested_at, ${at}::timestamptz)
          where workspace_id = ${workspaceId} and id = ${id}
          returning id, deleted_at, erase_requested_at, expunged_at as erased_at`,
    );
    await afterWrite(trx, made!);
    return { request: made!, lanes: fired };
  });
  notify(lanes);
  return request;
}

/** The row of the record, or of the one that it was merged into. */
async function lockRow(trx: Transaction, table: string, workspaceId: Uuid, id: Uuid): Promise<StoredRow> {
  const [row] = await query<StoredRow>(
    trx,
    sql`select * from ${sql.ref(table)} where workspace_id = ${workspaceId} and id = ${id} for update`,
  );
  if (!row) throw new ApiError('not_found', `There is no ${table} with this id.`);
  return row.merged_into ? lockRow(trx, table, workspaceId, row.merged_into) : row;
}

function refuseErased(noun: string, row: StoredRow, nowMs: number): void {
  if (row.expunged_at !== null)
    throw new ApiError('gone', `The data of this ${noun} was erased at ${row.expunged_at}.`);
  if (row.erase_requested_at !== null)
    throw new ApiError('gone', `The data of this ${noun} is being erased, since ${row.erase_requested_at}.`);
  if (Date.parse(row.deleted_at!) <= nowMs - RESTORABLE_MS)
    throw new ApiError('gone', `The ${noun} was deleted more than ${RESTORABLE_DAYS} days ago.`);
}
