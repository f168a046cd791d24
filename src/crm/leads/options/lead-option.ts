import { isoTime, type Clock } from '../../../base/clock.ts';
import { ApiError } from '../../../base/errors.ts';
import { folded } from '../../../base/fold.ts';
import type { Uuid } from '../../../base/id.ts';
import { isUniqueViolation } from '../../../db/failure.ts';
import type { Database } from '../../../db/pool.ts';
import { query, type Statement, type Transaction, type AfterWrite } from '../../../db/query.ts';
import type { Option } from '../../../record/fields/field.ts';
import { makeOptionMatcher } from './lead-option-match.ts';

/** One option of a workspace's leads: a source, or an event type. */
export interface LeadOption {
  id: Uuid;
  name: string;
  created_by: string;
  created_at: string;
  updated_at: string;
}

/** Options of one kind; within a workspace no two names differ only by case, accents or apostrophes. */
export interface LeadOptions {
  /** The workspace's own spelling, at most a second old; undefined if there is no such option. */
  match(workspaceId: Uuid, name: string): Promise<string | undefined>;
  /** Creates the option in the caller's transaction, unless it exists. */
  createWithin(trx: Transaction, writer: { workspaceId: Uuid; actor: string }, name: string): Promise<void>;
  /** All of a workspace, by name, as options of a field. */
  options(workspaceId: Uuid): Promise<Option[]>;
  /** Newest first; only ids smaller than `after`. */
  list(workspaceId: Uuid, limit: number, after: Uuid | null): Promise<LeadOption[]>;
  get(workspaceId: Uuid, id: Uuid): Promise<LeadOption | undefined>;
  /** Throws `conflict` if the workspace has the option already. */
  create(
    writer: { workspaceId: Uuid; actor: string },
    name: string,
    afterWrite: AfterWrite<LeadOption>,
  ): Promise<LeadOption>;
  /** Existing leads keep the old name. Throws `not_found` or `conflict`. */
  rename(workspaceId: Uuid, id: Uuid, name: string, afterWrite: AfterWrite<LeadOption>): Promise<LeadOption>;
  /** Existing leads keep the name. Throws `not_found`. */
  remove(workspaceId: Uuid, id: Uuid, afterWrite: AfterWrite<LeadOption>): Promise<void>;
}

/** Options of one field that are listed with its object. */
const MAX_OPTIONS = 5_000;

const COLUMNS = 'id, name, created_by, created_at, updated_at';

interface StoreParts {
  db: Database;
  clock: Clock;
  newId: () => Uuid;
}

/** @param label for messages, as in `lead source` */
export function makeLeadOptions(
  parts: StoreParts,
  table: 'lead_source' | 'lead_event_type',
  label: string,
): LeadOptions {
  const { db, clock } = parts;
  const matcher = makeOptionMatcher(parts, table);
  const statements = changesOf(table);
  const nameTaken = (name: string) => new ApiError('conflict', `There is a ${label} called ${name} already.`);
  const notFound = () => new ApiError('not_found', `There is no ${label} with this id.`);

  return {
    match: matcher.match,

    async createWithin(trx, writer, name) {
      await insert(parts, trx, statements.insert, writer, name);
    },

    ...readsOf(db, table),

    create: (writer, name, afterWrite) =>
      db.transaction(async (trx) => {
        const option = await insert(parts, trx, statements.insert, writer, name);
        if (!option) throw nameTaken(name);
        await afterWrite(trx, option);
        return option;
      }),

    async rename(workspaceId, id, name, afterWrite) {
      try {
        return await db.transaction(async (trx) => {
          const at = isoTime(clock.now());
          const values = [workspaceId, id, name, folded(name), at];
          const rows = await query<LeadOption>(trx, statements.rename, values);
          if (!rows[0]) throw notFound();
          await afterWrite(trx, rows[0]);
          return rows[0];
        });
      } catch (error) {
        throw isUniqueViolation(error) ? nameTaken(name) : error;
      } finally {
        matcher.clear();
      }
    },

    async remove(workspaceId, id, afterWrite) {
      await db.transaction(async (trx) => {
        const rows = await query<LeadOption>(trx, statements.remove, [workspaceId, id]);
        if (!rows[0]) throw notFound();
        await afterWrite(trx, rows[0]);
      });
      matcher.clear();
    },
  };
}

/** The statements that change the options in a table. */
function changesOf(table: string) {
  return {
    insert: {
      name: `${table}.insert`,
      text: `insert into ${table} (workspace_id, id, name, folded, created_by, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $6)
             on conflict (workspace_id, folded) do nothing
             returning ${COLUMNS}`,
    },
    // The folded name stays if the name does: two names of 0.1.0 may be equal under today's folding.
    rename: {
      name: `${table}.rename`,
      text: `update ${table} set name = $3, updated_at = $5,
               folded = case when name = $3 then folded else $4 end
             where workspace_id = $1 and id = $2 returning ${COLUMNS}`,
    },
    remove: {
      name: `${table}.delete`,
      text: `delete from ${table} where workspace_id = $1 and id = $2 returning ${COLUMNS}`,
    },
  };
}

function readsOf(db: Database, table: string): Pick<LeadOptions, 'options' | 'list' | 'get'> {
  const options = {
    name: `${table}.options`,
    text: `select name from ${table} where workspace_id = $1 order by folded limit ${MAX_OPTIONS}`,
  };
  const list = {
    name: `${table}.list`,
    text: `select ${COLUMNS} from ${table}
           where workspace_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3`,
  };
  const get = {
    name: `${table}.get`,
    text: `select ${COLUMNS} from ${table} where workspace_id = $1 and id = $2`,
  };
  return {
    async options(workspaceId) {
      const rows = await db.read<{ name: string }>(options, [workspaceId]);
      return rows.map(({ name }) => ({ value: name, label: name }));
    },

    list: (workspaceId, limit, after) => db.read<LeadOption>(list, [workspaceId, after, limit]),

    get: async (workspaceId, id) => (await db.read<LeadOption>(get, [workspaceId, id]))[0],
  };
}

/** @returns undefined if the workspace has the option already */
async function insert(
  { clock, newId }: StoreParts,
  trx: Transaction,
  statement: Statement,
  { workspaceId, actor }: { workspaceId: Uuid; actor: string },
  name: string,
): Promise<LeadOption | undefined> {
  const at = isoTime(clock.now());
  const rows = await query<LeadOption>(trx, statement, [workspaceId, newId(), name, folded(name), actor, at]);
  return rows[0];
}
