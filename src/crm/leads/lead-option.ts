import { sql, type Transaction } from 'kysely';
import { coalesce } from '../../base/coalesce.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError, unavailable } from '../../base/errors.ts';
import { folded } from '../../base/fold.ts';
import type { Uuid } from '../../base/id.ts';
import { isUniqueViolation } from '../../db/failure.ts';
import { TIMEOUT_MS, type Database } from '../../db/pool.ts';
import type { Schema } from '../../db/schema.ts';
import type { Option } from '../../record/fields/field.ts';

/** A word that a workspace uses for its leads: a source, or an event type. */
export interface LeadOption {
  id: Uuid;
  name: string;
  created_by: string;
  created_at: string;
  updated_at: string;
}

type Within = (trx: Transaction<Schema>, word: LeadOption) => Promise<void>;

/** The words of one kind; within a workspace no two are the same but for case, accents and the like. */
export interface LeadOptions {
  /** The workspace's own spelling, as of a second ago at most, or undefined where it has no such word. */
  match(workspaceId: Uuid, name: string): Promise<string | undefined>;
  /** The workspace's own spelling; where it has no such word, it is made as given. */
  matchOrMake(writer: { workspaceId: Uuid; actor: string }, name: string): Promise<string>;
  /** All of a workspace, by name, as options of a field. */
  options(workspaceId: Uuid): Promise<Option[]>;
  /** Newest first, after the id of the last page's last. */
  list(workspaceId: Uuid, limit: number, after: Uuid | null): Promise<LeadOption[]>;
  get(workspaceId: Uuid, id: Uuid): Promise<LeadOption | undefined>;
  /** Throws `conflict` where the workspace has the word already. */
  create(writer: { workspaceId: Uuid; actor: string }, name: string, within: Within): Promise<LeadOption>;
  /** Leads keep the word that they have. Throws `not_found` or `conflict`. */
  rename(workspaceId: Uuid, id: Uuid, name: string, within: Within): Promise<LeadOption>;
  /** Leads keep the word that they have. Throws `not_found`. */
  remove(workspaceId: Uuid, id: Uuid, within: Within): Promise<void>;
}

/** So long a word that was there is taken to be there still: what another process does to it may come so late. */
const REMEMBER_MS = 1_000;
const MAX_CACHED = 10_000;
/** Options of one field that are listed with its object. */
const MAX_OPTIONS = 1_000;

const COLUMNS = 'id, name, created_by, created_at, updated_at';

function keyOf({ workspaceId, folded: name }: { workspaceId: Uuid; folded: string }): string {
  return `${workspaceId} ${name}`;
}

/** @param kind for messages, as in `lead source` */
export function makeLeadOptions(
  { db, clock, newId }: { db: Database; clock: Clock; newId: () => Uuid },
  table: 'lead_source' | 'lead_event_type',
  kind: string,
): LeadOptions {
  const from = sql.table(table);
  const remembered = new Map<string, { name: string; until: number }>();
  let changes = 0;

  // Every new lead asks; what is asked together is read together.
  const lookUps = coalesce<{ workspaceId: Uuid; folded: string }, string | undefined>({
    slots: 2,
    groupOf: ({ workspaceId }) => workspaceId,
    maxWeight: 1000,
    timeout: { ms: TIMEOUT_MS, error: () => unavailable('The database does not answer.', 2) },
    async run(requested) {
      const rows = await db.read<{ workspace_id: Uuid; folded: string; name: string }>(
        {
          name: `${table}.match`,
          text: `select workspace_id, t.folded, t.name
                 from (select distinct * from unnest($1::uuid[], $2::text[]) as k(workspace_id, folded)) k
                 join ${table} t using (workspace_id, folded)`,
        },
        [requested.map(({ workspaceId }) => workspaceId), requested.map((item) => item.folded)],
      );
      const names = new Map(rows.map((row) => [`${row.workspace_id} ${row.folded}`, row.name]));
      return requested.map((item) => names.get(keyOf(item)));
    },
  });

  async function match(workspaceId: Uuid, name: string): Promise<string | undefined> {
    const requested = { workspaceId, folded: folded(name) };
    const before = remembered.get(keyOf(requested));
    if (before && clock.monotonic() < before.until) return before.name;
    const until = clock.monotonic() + REMEMBER_MS;
    const seen = changes;
    const found = await lookUps.add(requested);
    if (found === undefined || seen !== changes) return found;
    if (remembered.size >= MAX_CACHED) remembered.clear();
    remembered.set(keyOf(requested), { name: found, until });
    return found;
  }

  /** A word is no longer what it was, as far as this process is asked. */
  function changed<Result>(result: Result): Result {
    changes += 1;
    remembered.clear();
    return result;
  }

  /** @returns undefined where the workspace has the word already */
  async function inserted(
    trx: Transaction<Schema>,
    { workspaceId, actor }: { workspaceId: Uuid; actor: string },
    name: string,
  ): Promise<LeadOption | undefined> {
    const at = isoTime(clock.now());
    const { rows } = await sql<LeadOption>`
      insert into ${from} (workspace_id, id, name, folded, created_by, created_at, updated_at)
      values (${workspaceId}, ${newId()}, ${name}, ${folded(name)}, ${actor}, ${at}, ${at})
      on conflict (workspace_id, folded) do nothing
      returning ${sql.raw(COLUMNS)}`.execute(trx);
    return rows[0];
  }

  return {
    match,

    async matchOrMake(writer, name) {
      const known = await match(writer.workspaceId, name);
      if (known !== undefined) return known;
      const made = await db.transaction((trx) => inserted(trx, writer, name));
      return made?.name ?? (await match(writer.workspaceId, name)) ?? name;
    },

    async options(workspaceId) {
      const rows = await db.read<{ name: string }>(
        {
          name: `${table}.options`,
          text: `select name from ${table} where workspace_id = $1 order by folded limit ${MAX_OPTIONS}`,
        },
        [workspaceId],
      );
      return rows.map(({ name }) => ({ value: name, label: name }));
    },

    list: (workspaceId, limit, after) =>
      db.read<LeadOption>(
        {
          name: `${table}.list`,
          text: `select ${COLUMNS} from ${table}
                 where workspace_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3`,
        },
        [workspaceId, after, limit],
      ),

    async get(workspaceId, id) {
      const text = `select ${COLUMNS} from ${table} where workspace_id = $1 and id = $2`;
      return (await db.read<LeadOption>({ name: `${table}.get`, text }, [workspaceId, id]))[0];
    },

    create: (writer, name, within) =>
      db.transaction(async (trx) => {
        const word = await inserted(trx, writer, name);
        if (!word) throw there(name);
        await within(trx, word);
        return word;
      }),

    rename: (workspaceId, id, name, within) =>
      db
        .transaction(async (trx) => {
          const { rows } = await sql<LeadOption>`
            update ${from} set name = ${name}, updated_at = ${isoTime(clock.now())},
              -- As it was where the name is: two names of 0.1.0 may be one from now on.
              folded = case when name = ${name} then folded else ${folded(name)} end
            where workspace_id = ${workspaceId} and id = ${id} returning ${sql.raw(COLUMNS)}`.execute(trx);
          if (!rows[0]) throw missing();
          await within(trx, rows[0]);
          return rows[0];
        })
        .then(changed)
        .catch((error: unknown) => {
          throw isUniqueViolation(error) ? there(name) : error;
        }),

    remove: (workspaceId, id, within) =>
      db
        .transaction(async (trx) => {
          const { rows } = await sql<LeadOption>`
            delete from ${from} where workspace_id = ${workspaceId} and id = ${id}
            returning ${sql.raw(COLUMNS)}`.execute(trx);
          if (!rows[0]) throw missing();
          await within(trx, rows[0]);
        })
        .then(changed),
  };

  function there(name: string): ApiError {
    return new ApiError('conflict', `There is a ${kind} called ${name} already.`);
  }

  function missing(): ApiError {
    return new ApiError('not_found', `There is no ${kind} with this id.`);
  }
}
