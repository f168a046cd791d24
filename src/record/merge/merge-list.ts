import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query } from '../../db/query.ts';
import { sql } from '../../db/sql.ts';
import type { BaseRecord, Noun } from '../noun.ts';
import type { RecordStore } from '../record-store.ts';
import { UNMERGEABLE_MS } from './record-unmerge.ts';

/** A merge as the API lists it. */
interface ListedMerge<R> {
  id: Uuid;
  merged_at: string;
  merged_by: string;
  merged_into: Uuid;
  unmergeable_until: string | null;
  /** As it was merged. */
  record: R;
}

interface Row {
  merged_id: Uuid;
  merged_at: string;
  merged_by: string;
  survivor_id: Uuid;
  is_undoable: boolean;
}

/** The records that were merged into a record, directly or not, latest first. */
export async function listMerges<R extends BaseRecord>(
  db: Database,
  { noun, store }: { noun: Pick<Noun, 'name'>; store: Pick<RecordStore<R>, 'toRecord'> },
  workspaceId: Uuid,
  survivor: BaseRecord,
  nowMs: number,
): Promise<ListedMerge<R>[]> {
  const ids = survivor.merged_ids ?? [];
  if (ids.length === 0) return [];
  const merges = await query<Row>(
    db.pool,
    sql`select merged_id, merged_at, merged_by, survivor_id, contribution is not null as is_undoable
        from record_merge where workspace_id = ${workspaceId} and merged_id = any(${ids}::uuid[])
        order by merged_at desc, merged_id desc`,
  );
  const rows = await query<Record<string, unknown>>(
    db.pool,
    sql`select * from ${sql.ref(noun.name)}
        where workspace_id = ${workspaceId} and id = any(${ids}::uuid[]) and expunged_at is null`,
  );
  const records = new Map(rows.map((row) => [row['id'], store.toRecord(row)]));
  return merges.flatMap(({ merged_id: id, merged_at, merged_by, survivor_id, is_undoable }) => {
    const record = records.get(id);
    if (!record) return [];
    const until = Date.parse(merged_at) + UNMERGEABLE_MS;
    const unmergeable_until = is_undoable && until > nowMs ? new Date(until).toISOString() : null;
    return [{ id, merged_at, merged_by, merged_into: survivor_id, unmergeable_until, record }];
  });
}
