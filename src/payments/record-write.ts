import type { Uuid } from '../base/id.ts';
import { query, type Transaction } from '../db/query.ts';
import { sql } from '../db/sql.ts';
import type { LaneKey } from '../events/outbox.ts';
import type { BaseRecord, Noun } from '../record/noun.ts';
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

/** A planned write of one record. */
export interface PlannedWrite<R extends BaseRecord> {
  plan: Plan<R>;
  isNew: boolean;
}

/** Plans a write and its events. @returns null if nothing changes */
export function planWrite<R extends BaseRecord>(
  noun: Pick<Noun<R, never>, 'columns' | 'events'>,
  { before, after, events, isQuiet }: RecordWrite<R>,
  { at, newId }: { at: string; newId: () => Uuid },
): PlannedWrite<R> | null {
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
  return { plan, isNew: before === null };
}

/** Carries out planned writes, in two statements at most. @returns the lanes to notify after the commit */
export async function writePlans<R extends BaseRecord, Input extends object>(
  trx: Transaction,
  { noun, store }: RecordService<R, Input>,
  writer: Writer,
  writes: readonly PlannedWrite<R>[],
): Promise<LaneKey[]> {
  const plansOf = (isNew: boolean) => writes.filter((write) => write.isNew === isNew).map(({ plan }) => plan);
  const silent = writes.filter(({ plan }) => plan.events.length === 0).map(({ plan }) => plan.id);
  if (silent.length > 0) await reindex(trx, writer.workspaceId, noun.name, silent);
  const [added, changed] = [plansOf(true), plansOf(false)];
  return [
    ...(added.length > 0 ? await store.createWithin(trx, writer, added) : []),
    ...(changed.length > 0 ? await store.updateWithin(trx, writer, changed) : []),
  ];
}
