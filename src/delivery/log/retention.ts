import type pg from 'pg';
import { timeOf, type Uuid } from '../../base/id.ts';
import { dropOldPartitions } from '../../db/partition.ts';
import { raiseFloors } from '../../events/feed.ts';

// A process that still sends to a webhook remembers its template as stored, so only those of deleted webhooks go.
const DROP_UNUSED_TEMPLATES = {
  name: 'request-template.drop-unused',
  text: `
delete from request_template t using endpoint e
where e.workspace_id = t.workspace_id and e.id = t.endpoint_id and e.deleted_at < now() - interval '1 day'
  and not exists (select from attempt a where a.workspace_id = t.workspace_id and a.endpoint_id = t.endpoint_id)`,
};

/**
 * Deletes what the requests of deleted webhooks shared, once the log has none of them: URL, headers and payload.
 * @returns how many
 */
export async function dropUnusedTemplates(pool: pg.Pool): Promise<number> {
  const { rowCount } = await pool.query(DROP_UNUSED_TEMPLATES);
  return rowCount ?? 0;
}

/**
 * Drops what is older than `keepFrom`, except events that a queued delivery still needs: one that is resent late has
 * its retries ahead of it.
 * @param keepFrom wall-clock milliseconds
 * @returns the names of the partitions dropped
 */
export async function dropOld(pool: pg.Pool, keepFrom: number): Promise<string[]> {
  const { rows } = await pool.query<{ event_id: Uuid }>(
    'select event_id from queue order by event_id limit 1',
  );
  const needed = rows[0] ? timeOf(rows[0].event_id) : keepFrom;
  return dropOldPartitions(
    pool,
    { event: Math.min(keepFrom, needed), attempt: keepFrom },
    { event: (partition) => raiseFloors(pool, partition) },
  );
}
