import type { Clock } from '../../base/clock.ts';
import { caseless } from '../../base/fold.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import type { Queryable } from '../../db/query.ts';
import { makeNameMatcher } from '../name-matcher.ts';

/** A tag that a workspace does not have yet. */
export interface NewTag {
  id: Uuid;
  name: string;
  folded: string;
}

/** The tags of a workspace as records are written with them. */
export interface TagRegistry {
  /**
   * The tags in the workspace's own spelling, and those that it does not have yet, if any.
   * @param sent without duplicates
   */
  match(workspaceId: Uuid, sent: readonly string[]): Promise<{ names: string[]; created?: NewTag[] }>;
  /** Call it after a tag was renamed or removed. */
  clear(): void;
}

/** How long the cache of a process may show a tag that another process has renamed or removed. */
export const TAGS_CACHED_MS = 1_000;

export function makeTagRegistry(parts: { db: Database; clock: Clock; newId: () => Uuid }): TagRegistry {
  const matcher = makeNameMatcher(parts, 'tag', caseless);
  return {
    async match(workspaceId, sent) {
      const found = await Promise.all(sent.map((name) => matcher.match(workspaceId, name)));
      const created = sent
        .filter((_, at) => found[at] === undefined)
        .map((name) => ({ id: parts.newId(), name, folded: caseless(name) }));
      return { names: sent.map((name, at) => found[at] ?? name), ...(created.length > 0 && { created }) };
    },

    clear: matcher.clear,
  };
}

const INSERT = {
  name: 'tag.insert-new',
  text: `insert into tag (workspace_id, id, name, folded, created_by, created_at, updated_at)
         select $1, t.id, t.name, t.folded, $2, $3, $3
         from unnest($4::uuid[], $5::text[], $6::text[]) as t(id, name, folded)
         order by t.folded, t.id
         on conflict (workspace_id, folded) do nothing`,
};

/** Creates tags, unless they exist; in one order, so that two transactions do not wait for each other. */
export async function insertTags(
  on: Queryable,
  { workspaceId, actor }: { workspaceId: Uuid; actor: string },
  tags: readonly NewTag[],
  at: string,
): Promise<void> {
  const columns = [tags.map(({ id }) => id), tags.map(({ name }) => name), tags.map(({ folded }) => folded)];
  await on.query({ ...INSERT, values: [workspaceId, actor, at, ...columns] });
}
