import { floorId } from '../base/id.ts';
import type { Database } from '../db/pool.ts';

/** How long the log is kept. */
const KEPT_DAYS = 30;
const DAY_MS = 86_400_000;

const DROP_OLD = {
  name: 'connection_event.drop-old',
  text: `delete from connection_event where (workspace_id, connection_id, id) in (
           select workspace_id, connection_id, id from connection_event where id < $1 order by id limit 1000)`,
};

/** Deletes what is older than 30 days, in batches. @returns how many rows were deleted */
export async function dropOldConnectionEvents(db: Database, now = Date.now()): Promise<number> {
  const before = floorId(now - KEPT_DAYS * DAY_MS);
  for (let dropped = 0; ;) {
    const { rowCount } = await db.pool.query({ ...DROP_OLD, values: [before] });
    dropped += rowCount ?? 0;
    if ((rowCount ?? 0) < 1000) return dropped;
  }
}
