import { coalesce } from '../base/coalesce.ts';
import type { Clock } from '../base/clock.ts';
import { unavailable } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import { TIMEOUT_MS, type Database } from '../db/pool.ts';

/** How long a name that was found is cached: a change by another process takes effect after this time at most. */
const CACHE_MS = 1_000;
const MAX_CACHED = 10_000;

/** Finds the names in a table of a workspace: lead options, tags. */
export interface NameMatcher {
  /** The workspace's own spelling; undefined if there is no such name. */
  match(workspaceId: Uuid, name: string): Promise<string | undefined>;
  /** Clears the cache after a name was changed or removed. */
  clear(): void;
}

interface NameKey {
  workspaceId: Uuid;
  folded: string;
}

/**
 * Every new lead looks up its options, and every record its tags, so results are cached, and concurrent look-ups share one
 * statement.
 * @param table has `workspace_id`, `name`, and `folded` by the function `fold`
 */
export function makeNameMatcher(
  { db, clock }: { db: Database; clock: Clock },
  table: 'lead_source' | 'lead_event_type' | 'tag',
  fold: (name: string) => string,
): NameMatcher {
  const cached = new Map<string, { name: string; until: number }>();
  let clears = 0;
  const lookUps = makeLookUps(db, table);

  return {
    async match(workspaceId, name) {
      const requested = { workspaceId, folded: fold(name) };
      const known = cached.get(keyOf(requested));
      if (known && clock.monotonic() < known.until) return known.name;
      const until = clock.monotonic() + CACHE_MS;
      const before = clears;
      const found = await lookUps.add(requested);
      if (found === undefined || before !== clears) return found;
      if (cached.size >= MAX_CACHED) cached.clear();
      cached.set(keyOf(requested), { name: found, until });
      return found;
    },

    clear() {
      clears += 1;
      cached.clear();
    },
  };
}

function makeLookUps(db: Database, table: string) {
  const statement = {
    name: `${table}.match`,
    text: `select workspace_id, t.folded, t.name
           from (select distinct * from unnest($1::uuid[], $2::text[]) as k(workspace_id, folded)) k
           join ${table} t using (workspace_id, folded)`,
  };
  return coalesce<NameKey, string | undefined>({
    slots: 2,
    groupOf: ({ workspaceId }) => workspaceId,
    maxWeight: 1000,
    timeout: { ms: TIMEOUT_MS, error: () => unavailable('The database does not answer.', 2) },
    async run(requested) {
      const rows = await db.read<{ workspace_id: Uuid; folded: string; name: string }>(statement, [
        requested.map(({ workspaceId }) => workspaceId),
        requested.map((item) => item.folded),
      ]);
      const names = new Map(
        rows.map((row) => [keyOf({ workspaceId: row.workspace_id, folded: row.folded }), row.name]),
      );
      return requested.map((item) => names.get(keyOf(item)));
    },
  });
}

function keyOf({ workspaceId, folded: name }: NameKey): string {
  return `${workspaceId} ${name}`;
}
