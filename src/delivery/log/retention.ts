import type pg from 'pg';
import { timeOf, type Uuid } from '../../base/id.ts';
import { dropOldPartitions } from '../../db/partition.ts';
import { raiseFloors } from '../../events/feed.ts';

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
