import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import type { Noun } from '../noun.ts';
import { RESTORABLE_DAYS } from './trash.ts';

/** What a list of deleted records adds to a record. */
export interface Deletion {
  deleted_at: string;
  /** The actor; null if its timeline no longer has it. */
  deleted_by: string | null;
  /** Null if its data is being erased. */
  restorable_until: string | null;
}

/** A row of a deleted record. */
export interface DeletedRow {
  id: Uuid;
  deleted_at: string;
  erase_requested_at: string | null;
}

const DAY_MS = 86_400_000;

/** The latest entry of the type, of each record: by the primary key. */
const ACTORS = {
  name: 'activity.deleted-by',
  text: `select r.id, a.actor from unnest($2::uuid[]) r(id)
         cross join lateral (
           select actor from activity where workspace_id = $1 and record_id = r.id and type = $3
           order by id desc limit 1
         ) a`,
};

/** When and by whom records of a kind were deleted, by id. */
export async function deletionsOf(
  db: Database,
  { events }: Pick<Noun, 'events'>,
  workspaceId: Uuid,
  rows: readonly DeletedRow[],
): Promise<Map<Uuid, Deletion>> {
  if (rows.length === 0) return new Map();
  const ids = rows.map(({ id }) => id);
  const found = await db.read<{ id: Uuid; actor: string }>(ACTORS, [workspaceId, ids, events.deleted.name]);
  const actors = new Map(found.map(({ id, actor }) => [id, actor]));
  return new Map(
    rows.map(({ id, deleted_at, erase_requested_at: requestedAt }) => {
      const until = new Date(Date.parse(deleted_at) + RESTORABLE_DAYS * DAY_MS).toISOString();
      const restorable_until = requestedAt === null ? until : null;
      return [id, { deleted_at, deleted_by: actors.get(id) ?? null, restorable_until }];
    }),
  );
}
