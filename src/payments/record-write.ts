import type { Uuid } from '../base/id.ts';
import { query, type Transaction } from '../db/query.ts';
import { sql } from '../db/sql.ts';
import type { LaneKey } from '../events/outbox.ts';
import type { BaseRecord } from '../record/noun.ts';
import { differences } from '../record/record-differences.ts';
import type { Plan, Writer } from '../record/record-plan.ts';
import type { RecordService } from '../record/record-service.ts';
import { reindex } from '../record/search/search-pending.ts';

/** An event besides `created` and `updated`, with what it adds to the changed fields. */
export interface ExtraEvent {
  type: string;
  changed?: Record<string, unknown>;
}

/** A record as it is to be, which the transaction has locked if it exists. */
export interface RecordWrite<R extends BaseRecord> {
  /** Null: it is created. */
  before: R | null;
  after: R;
  /** Fired after `created`, or in place of `updated`. */
  events: readonly ExtraEvent[];
  /** Neither `created` nor `updated` is fired: it happened before its connection was made. */
  isQuiet: boolean;
}

/** Locks records by id. @returns the rows, deleted ones too */
export async function lockRecords(
  trx: Transaction,
  table: string,
  workspaceId: Uuid,
  ids: readonly Uuid[],
): Promise<Record<string, unknown>[]> {
  if (ids.length === 0) return [];
  return query(
    trx,
    sql`select * from ${sql.ref(table)} where workspace_id = ${workspaceId} and id = any(${ids}::uuid[])
        order by id for update`,
  );
}

/** Writes a record and its events. @returns the lanes to notify after the commit; null if nothing changes */
export async function writeRecord<R extends BaseRecord, Input extends object>(
  trx: Transaction,
  { noun, store }: RecordService<R, Input>,
  writer: Writer,
  { before, after, events, isQuiet }: RecordWrite<R>,
  { at, newId }: { at: string; newId: () => Uuid },
): Promise<LaneKey[] | null> {
  const changed = before && differences(before, after, noun.columns);
  if (before && changed === null && events.length === 0) return null;
  const usual = before ? noun.events.updated.name : noun.events.created.name;
  const isUsual = !isQuiet && (before === null || events.length === 0);
  const fired = [...(isUsual ? [{ type: usual }] : []), ...events];
  const record = before ? { ...after, version: before.version + 1, updated_at: at } : after;
  const plan: Plan<R> = {
    id: record.id,
    record,
    text: JSON.stringify(record),
    at,
    events: fired.map((event) => ({
      id: newId(),
      type: event.type,
      ...(changed || 'changed' in event
        ? { changed: { ...changed, ...('changed' in event ? event.changed : {}) } }
        : {}),
    })),
    ...(changed && { changed }),
  };
  if (fired.length === 0) await reindex(trx, writer.workspaceId, noun.name, [record.id]);
  if (before) return store.updateWithin(trx, writer, plan);
  return store.createWithin(trx, writer, [plan]);
}

/** Notes what a write returned. */
export function noteWritten(
  context: { lanes: LaneKey[]; isChanged: boolean },
  lanes: LaneKey[] | null,
): void {
  if (!lanes) return;
  context.lanes.push(...lanes);
  context.isChanged = true;
}
