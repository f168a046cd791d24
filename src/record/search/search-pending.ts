import type { Uuid } from '../../base/id.ts';
import { query, type Queryable } from '../../db/query.ts';
import { sql, type Sql } from '../../db/sql.ts';

const RECORDS = {
  name: 'search.reindex',
  text: `insert into search_pending (workspace_id, object_type, record_id)
         select $1, $2, id from unnest($3::uuid[]) as id`,
};

/**
 * Names records whose search documents are to be made again. For changes that fire no event, in the same transaction: a
 * merge, a renamed tag, an erasure. Records that an event names are indexed without it.
 * @param object as in `contact`
 * @param ids any number; where the title of one has changed, records that reference it are indexed again too
 */
export async function reindex(
  trx: Queryable,
  workspaceId: Uuid,
  object: string,
  ids: readonly Uuid[],
): Promise<void> {
  if (ids.length > 0) await query(trx, RECORDS, [workspaceId, object, ids]);
}

/** The same within a statement: a common table expression. @param rows SQL for workspace, object and record id */
export function reindexed(rows: Sql): Sql {
  return sql`reindexed as (insert into search_pending (workspace_id, object_type, record_id) ${rows})`;
}

const FORGET = {
  name: 'search.forget',
  text: `
with removed as (
  delete from search_document where workspace_id = $1 and object_type = $2 and record_id = $3
)
insert into search_pending (workspace_id, object_type, record_id) values ($1, $2, $3)`,
};

/**
 * Removes the search document of a record that is erased in the same transaction. The follower may be about to write it
 * as the record was before, so it looks once more afterwards.
 */
export async function forgetDocument(
  trx: Queryable,
  workspaceId: Uuid,
  object: string,
  id: Uuid,
): Promise<void> {
  await query(trx, FORGET, [workspaceId, object, id]);
}
