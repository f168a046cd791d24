import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError } from '../../base/errors.ts';
import { caseless } from '../../base/fold.ts';
import type { Uuid } from '../../base/id.ts';
import { isUniqueViolation } from '../../db/failure.ts';
import type { Database } from '../../db/pool.ts';
import { query, type Transaction } from '../../db/query.ts';
import { sql } from '../../db/sql.ts';
import type { Noun } from '../noun.ts';

/** A tag of a workspace. */
export interface Tag {
  id: Uuid;
  name: string;
  /** Whether records are still being changed after a rename or a merge. */
  is_changing: boolean;
  created_by: string;
  created_at: string;
  updated_at: string;
}

interface TagWriter {
  workspaceId: Uuid;
  actor: string;
}

/** Runs in the transaction of a change, after it is written. */
type AfterWrite = (trx: Transaction, tag: Tag) => Promise<void>;

/** A tag with its name as it is compared. */
export type ListedTag = Tag & { folded: string };

/** What a rename changed. */
export type RenamedTag = Tag & { previous_name: string };

/** Changes tags. Records follow in a job (tag-rewrite.ts); each change queues it in its transaction. */
export interface TagStore {
  /** By name; only names of which `q` is a part, in any case. */
  list(workspaceId: Uuid, page: TagPage): Promise<ListedTag[]>;
  /** Throws `not_found`. */
  get(workspaceId: Uuid, id: Uuid): Promise<ListedTag>;
  /** How many records have each tag, by object, then by the tag's `folded`. Deleted records do not count. */
  usage(workspaceId: Uuid, nouns: readonly Noun[], folded: readonly string[]): Promise<Usage>;
  /** Throws `conflict` that names the tag. */
  create(writer: TagWriter, name: string, afterWrite: AfterWrite): Promise<Tag>;
  /** Throws `not_found`, and `conflict` that names the other tag. */
  rename(
    writer: TagWriter,
    id: Uuid,
    name: string,
    afterWrite: (trx: Transaction, tag: RenamedTag) => Promise<void>,
  ): Promise<Tag>;
  /** Records with one of the others get the tag `id` instead. Throws `not_found`. */
  merge(writer: TagWriter, id: Uuid, others: readonly Uuid[], afterWrite: AfterWrite): Promise<Tag>;
  /** @param fires whether each record that loses the tag fires an event. Throws `not_found`. */
  remove(writer: TagWriter, id: Uuid, fires: boolean, afterWrite: AfterWrite): Promise<void>;
}

export interface TagPage {
  limit: number;
  /** The folded name of the last tag of the page before. */
  after: string | null;
  q: string | undefined;
}

export type Usage = ReadonlyMap<string, ReadonlyMap<string, number>>;

export interface TagStoreParts {
  db: Database;
  clock: Clock;
  newId: () => Uuid;
  /** Queues the job that changes the records. */
  rewrite(trx: Transaction, workspaceId: Uuid): Promise<void>;
  /** Called after a tag was changed. */
  changed(): void;
}

const COLUMNS = `t.id, t.name, t.created_by, t.created_at, t.updated_at,
  exists (select from tag_change c where c.workspace_id = t.workspace_id and c.tag_id = t.id) as is_changing`;

const LIST = {
  name: 'tag.list',
  text: `select t.folded, ${COLUMNS} from tag t
         where t.workspace_id = $1 and ($2::text is null or t.folded > $2)
           and ($3::text is null or strpos(t.folded, $3) > 0)
         order by t.folded limit $4`,
};
const GET = {
  name: 'tag.get',
  text: `select t.folded, ${COLUMNS} from tag t where t.workspace_id = $1 and t.id = $2`,
};
const LOCK = {
  name: 'tag.lock',
  text: `select id, name, folded from tag where workspace_id = $1 and id = any($2::uuid[]) order by id for update`,
};
const INSERT = {
  name: 'tag.insert',
  text: `insert into tag as t (workspace_id, id, name, folded, created_by, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $6) returning ${COLUMNS}`,
};
const RENAME = {
  name: 'tag.rename',
  text: `update tag t set name = $3, folded = $4, updated_at = $5
         where t.workspace_id = $1 and t.id = $2 returning ${COLUMNS}`,
};
const REMOVE = {
  name: 'tag.delete',
  text: `delete from tag where workspace_id = $1 and id = any($2::uuid[])`,
};
const NAMED = { name: 'tag.named', text: `select id, name from tag where workspace_id = $1 and folded = $2` };

/** Changes that wait for the job and lead to a tag that is gone lead to its successor. */
const REDIRECT = {
  name: 'tag_change.redirect',
  text: `update tag_change set tag_id = $3, fires = fires or $4
         where workspace_id = $1 and tag_id = any($2::uuid[])`,
};
const INSERT_CHANGE = {
  name: 'tag_change.insert',
  text: `insert into tag_change (workspace_id, id, folded, tag_id, fires, actor, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)`,
};

export function makeTagStore(parts: TagStoreParts): TagStore {
  return { ...readsOf(parts.db), ...changesOf(parts) };
}

function readsOf(db: Database): Pick<TagStore, 'list' | 'get' | 'usage'> {
  return {
    list: (workspaceId, { limit, after, q }) =>
      db.read(LIST, [workspaceId, after, q === undefined ? null : caseless(q), limit]),

    async get(workspaceId, id) {
      const [tag] = await db.read<ListedTag>(GET, [workspaceId, id]);
      if (!tag) throw notFound();
      return tag;
    },

    async usage(workspaceId, nouns, folded) {
      const counts = nouns.map(async ({ name }) => {
        const rows = await query<{ folded: string; count: number }>(
          db.pool,
          // By the index of tags, so that records without these tags are not read.
          sql`select k.folded, count(*)::int as count
              from ${sql.ref(name)} t cross join lateral unnest(caseless_tags(t.tags)) as k(folded)
              where t.workspace_id = ${workspaceId} and t.deleted_at is null and t.tags <> '{}'
                and caseless_tags(t.tags) && ${folded}::text[] and k.folded = any(${folded}::text[])
              group by k.folded`,
        );
        return [name, new Map(rows.map((row) => [row.folded, row.count]))] as const;
      });
      return new Map(folded.length === 0 ? [] : await Promise.all(counts));
    },
  };
}

/** Throws `not_found`. */
async function lock(trx: Transaction, workspaceId: Uuid, ids: readonly Uuid[]): Promise<LockedTag[]> {
  const found = await query<LockedTag>(trx, LOCK, [workspaceId, ids]);
  return ids.map((id) => {
    const tag = found.find((row) => row.id === id);
    if (!tag) throw notFound();
    return tag;
  });
}

/** Stores which tags of records lead where, for the job. */
function replacements({ clock, newId, rewrite }: TagStoreParts) {
  /** Stores what the job is to do: records with these tags get another one, or none. */
  async function replace(
    trx: Transaction,
    { workspaceId, actor }: TagWriter,
    tags: readonly LockedTag[],
    by: { tagId: Uuid | null; fires?: boolean },
  ): Promise<void> {
    const { tagId, fires = false } = by;
    const at = isoTime(clock.now());
    for (const { folded } of tags)
      await query(trx, INSERT_CHANGE, [workspaceId, newId(), folded, tagId, fires, actor, at]);
    await rewrite(trx, workspaceId);
  }

  /** Deletes tags; records get another one, or none. */
  async function giveUp(
    trx: Transaction,
    writer: TagWriter,
    tags: readonly LockedTag[],
    by: { tagId: Uuid | null; fires?: boolean },
  ): Promise<void> {
    const ids = tags.map(({ id }) => id);
    await query(trx, REDIRECT, [writer.workspaceId, ids, by.tagId, by.fires ?? false]);
    await query(trx, REMOVE, [writer.workspaceId, ids]);
    await replace(trx, writer, tags, by);
  }

  return { replace, giveUp };
}

function changesOf(parts: TagStoreParts): Omit<TagStore, 'list' | 'get' | 'usage'> {
  const { db, clock, newId, changed } = parts;
  const { replace, giveUp } = replacements(parts);

  /** Throws `conflict` with the tag that has the name. */
  async function named(error: unknown, workspaceId: Uuid, name: string): Promise<unknown> {
    if (!isUniqueViolation(error)) return error;
    const [other] = await db.read<{ id: Uuid; name: string }>(NAMED, [workspaceId, caseless(name)]);
    if (!other) return new ApiError('conflict', 'The tag was changed meanwhile; try again.');
    const hint = `Merge the two with POST /api/v1/tags/${other.id}/merge.`;
    return new ApiError('conflict', `There is a tag ${other.name} already. ${hint}`, {
      fields: [{ field: 'name', message: `is the name of the tag ${other.id}` }],
    });
  }

  async function changing<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      changed();
    }
  }

  return {
    async create({ workspaceId, actor }, name, afterWrite) {
      try {
        return await db.transaction(async (trx) => {
          const values = [workspaceId, newId(), name, caseless(name), actor, isoTime(clock.now())];
          const [tag] = await query<Tag>(trx, INSERT, values);
          await afterWrite(trx, tag!);
          return tag!;
        });
      } catch (error) {
        throw await named(error, workspaceId, name);
      }
    },

    rename: (writer, id, name, afterWrite) =>
      changing(async () => {
        const { workspaceId } = writer;
        try {
          return await db.transaction(async (trx) => {
            const [before] = await lock(trx, workspaceId, [id]);
            if (before!.name !== name) await replace(trx, writer, [before!], { tagId: id });
            const values = [workspaceId, id, name, caseless(name), isoTime(clock.now())];
            const [tag] = await query<Tag>(trx, RENAME, values);
            await afterWrite(trx, { ...tag!, previous_name: before!.name });
            return tag!;
          });
        } catch (error) {
          throw await named(error, workspaceId, name);
        }
      }),

    merge: (writer, id, others, afterWrite) =>
      changing(() =>
        db.transaction(async (trx) => {
          const locked = await lock(trx, writer.workspaceId, [id, ...others]);
          await giveUp(trx, writer, locked.slice(1), { tagId: id });
          const tag = await read(trx, writer.workspaceId, id);
          await afterWrite(trx, tag);
          return tag;
        }),
      ),

    remove: (writer, id, fires, afterWrite) =>
      changing(() =>
        db.transaction(async (trx) => {
          const locked = await lock(trx, writer.workspaceId, [id]);
          const tag = await read(trx, writer.workspaceId, id);
          await giveUp(trx, writer, locked, { tagId: null, fires });
          await afterWrite(trx, tag);
        }),
      ),
  };
}

/** A tag that the transaction has locked. */
async function read(trx: Transaction, workspaceId: Uuid, id: Uuid): Promise<Tag> {
  const [row] = await query<ListedTag>(trx, GET, [workspaceId, id]);
  const { folded: _folded, ...tag } = row!;
  return tag;
}

interface LockedTag {
  id: Uuid;
  name: string;
  folded: string;
}

function notFound(): ApiError {
  return new ApiError('not_found', 'There is no tag with this id.');
}
