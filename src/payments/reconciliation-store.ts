import { isoTime, type Clock } from '../base/clock.ts';
import type { Uuid } from '../base/id.ts';
import type { RecordReference } from '../connections/connection-kind.ts';
import type { Database } from '../db/pool.ts';
import { query } from '../db/query.ts';

export const RECONCILED_SOURCES = ['events', 'objects'] as const;
export type ReconciledSource = (typeof RECONCILED_SOURCES)[number];

/** Something that was read and had been missed, or that cannot be recorded. */
export interface Difference {
  /** The provider's name of it. */
  type: string;
  external_id: string | null;
  record_type: string | null;
  record_id: Uuid | null;
  /** Why it cannot be recorded; null if it was. */
  reason: string | null;
}

/** One reading of a provider. */
export interface Reconciliation {
  id: Uuid;
  connection_id: Uuid;
  source: ReconciledSource;
  since: string;
  started_at: string;
  finished_at: string | null;
  read_count: number;
  changed_count: number;
  differences: Difference[];
  error: string | null;
}

/** What a reading has found so far. */
export interface Progress {
  read: number;
  changed: number;
  differences: Difference[];
}

const MAX_DIFFERENCES = 500;

const COLUMNS =
  'id, connection_id, source, since, started_at, finished_at, read_count, changed_count, differences, error';

const START = {
  name: 'payment_reconciliation.start',
  text: `insert into payment_reconciliation (workspace_id, id, connection_id, source, since, started_at, skipped, finished_at)
         values ($1, $2, $3, $4, $5, $6, $7, case when $7 then $6::timestamptz end)`,
};
const FINISH = {
  name: 'payment_reconciliation.finish',
  text: `update payment_reconciliation
         set finished_at = $3, read_count = $4, changed_count = $5, differences = $6, error = $7
         where workspace_id = $1 and id = $2`,
};
const LIST = {
  name: 'payment_reconciliation.list',
  text: `select ${COLUMNS} from payment_reconciliation
         where workspace_id = $1 and ($2::uuid is null or connection_id = $2) and not skipped
           and ($3::uuid is null or id < $3)
         order by id desc limit $4`,
};
const LAST = {
  name: 'payment_reconciliation.last',
  text: `select started_at from payment_reconciliation
         where workspace_id = $1 and connection_id = $2 and source = $3 and finished_at is not null and error is null
           and not skipped
         order by started_at desc limit 1`,
};
/** Connections that were never read, have changed since, or were read longer ago than `$2` seconds. */
const DUE = {
  name: 'payment_reconciliation.due',
  text: `
select c.workspace_id, c.id from connection c
left join lateral (
  select started_at from payment_reconciliation r
  where r.workspace_id = c.workspace_id and r.connection_id = c.id and r.source = $3
  order by started_at desc limit 1
) r on true
where c.active and c.kind = any($1::text[])
  and (r.started_at is null or r.started_at < now() - $2 * interval '1 second' or r.started_at < c.updated_at)
limit 200`,
};
const DROP_OLD = {
  name: 'payment_reconciliation.drop-old',
  text: `delete from payment_reconciliation r
         where started_at < now() - interval '90 days' or (skipped and started_at < now() - interval '2 days')`,
};

export interface Reconciliations {
  start(
    workspaceId: Uuid,
    item: { connectionId: Uuid; source: ReconciledSource; since: number; isSkipped: boolean },
  ): Promise<Uuid>;
  finish(workspaceId: Uuid, id: Uuid, progress: Progress, error: string | null): Promise<void>;
  /** Newest first. */
  list(
    workspaceId: Uuid,
    page: { connectionId: Uuid | null; after: Uuid | null; limit: number },
  ): Promise<Reconciliation[]>;
  /** When the last reading that succeeded was started, in milliseconds. */
  lastStart(workspaceId: Uuid, connectionId: Uuid, source: ReconciledSource): Promise<number | null>;
  /** @param everyS seconds */
  due(
    kinds: readonly string[],
    everyS: number,
    source: ReconciledSource,
  ): Promise<{ workspaceId: Uuid; id: Uuid }[]>;
}

export function makeReconciliations({
  db,
  clock,
  newId,
}: {
  db: Database;
  clock: Clock;
  newId: () => Uuid;
}): Reconciliations {
  return {
    async start(workspaceId, { connectionId, source, since, isSkipped }) {
      const id = newId();
      const values = [workspaceId, id, connectionId, source, isoTime(since), isoTime(clock.now()), isSkipped];
      await query(db.pool, START, values);
      return id;
    },
    async finish(workspaceId, id, { read, changed, differences }, error) {
      await query(db.pool, FINISH, [
        workspaceId,
        id,
        isoTime(clock.now()),
        read,
        changed,
        JSON.stringify(differences),
        error,
      ]);
    },
    async list(workspaceId, { connectionId, after, limit }) {
      const rows = await db.read<Reconciliation>(LIST, [workspaceId, connectionId, after, limit]);
      // Earlier ones have no reason.
      const shown = (item: Difference) => ({ ...item, reason: item.reason ?? null });
      return rows.map((row) => ({ ...row, differences: row.differences.map(shown) }));
    },
    async lastStart(workspaceId, connectionId, source) {
      const [row] = await db.read<{ started_at: string }>(LAST, [workspaceId, connectionId, source]);
      return row ? Date.parse(row.started_at) : null;
    },
    async due(kinds, everyS, source) {
      const rows = await db.read<{ workspace_id: Uuid; id: Uuid }>(DUE, [kinds, everyS, source]);
      return rows.map(({ workspace_id: workspaceId, id }) => ({ workspaceId, id }));
    },
  };
}

/** Counts what was read; `record` is what it changed, `reason` why it cannot be recorded. */
export function addReading(
  progress: Progress,
  { type, externalId }: { type: string; externalId: string | null },
  { record, reason = null }: { record: RecordReference | null; reason?: string | null },
): void {
  progress.read += 1;
  if (record) progress.changed += 1;
  if ((!record && reason === null) || progress.differences.length >= MAX_DIFFERENCES) return;
  progress.differences.push({
    type,
    external_id: externalId,
    record_type: record?.type ?? null,
    record_id: record?.id ?? null,
    reason,
  });
}

export async function dropOldReconciliations(db: Database): Promise<number | null> {
  return (await db.pool.query({ ...DROP_OLD, values: [] })).rowCount;
}
