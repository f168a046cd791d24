import type { Uuid } from '../../base/id.ts';
import { query, type Transaction } from '../../db/query.ts';
import type { History } from '../history-redaction.ts';

interface Entry {
  id: Uuid;
  record_id: Uuid;
  merged_ids: Uuid[];
}

/**
 * The entries that name merged records, of all records that may have been between a record and its former survivors. The
 * undo of a merge leaves the survivor in the timeline (`merged_into`), the merge and its undo the merged ids.
 */
const ENTRIES = {
  name: 'former-merge.entries',
  text: `
with recursive record(id) as (
  select (changed->>'merged_into')::uuid from activity
  where workspace_id = $1 and record_id = $2 and changed->>'merged_into' is not null
  union
  select m.id::uuid from record r
  join activity a on a.workspace_id = $1 and a.record_id = r.id
  cross join lateral json_array_elements_text(
    case when json_typeof(a.changed->'merged_ids') = 'array' then a.changed->'merged_ids' else '[]'::json end) m(id)
)
select a.id, a.record_id, a.changed->'merged_ids' as merged_ids
from record r join activity a on a.workspace_id = $1 and a.record_id = r.id
where json_typeof(a.changed->'merged_ids') = 'array'
order by a.id`,
};

/**
 * What the history of former survivors has of a record, which was merged into them and taken out again: timeline entries of
 * merges and their undo, and all events between these.
 */
export async function listFormerMerges(
  trx: Transaction,
  { workspace_id: workspaceId, id }: { workspace_id: Uuid; id: Uuid },
): Promise<History[]> {
  const entries = await query<Entry>(trx, ENTRIES, [workspaceId, id]);
  const involved = new Set([id]);
  const found = new Map<Uuid, Uuid[]>();
  // In the order of time: a record is merged before its survivor is.
  for (const { id: entryId, record_id: recordId, merged_ids: mergedIds } of entries) {
    if (recordId === id || !mergedIds.some((merged) => involved.has(merged))) continue;
    involved.add(recordId);
    found.set(recordId, [...(found.get(recordId) ?? []), entryId]);
  }
  const last = [...found.values()].flat().toSorted().at(-1)!;
  return [...found].map(([recordId, ids]) => ({ recordId, entries: ids, from: ids[0]!, to: last }));
}
