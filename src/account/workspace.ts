import { StartError } from '../base/errors.ts';
import { isoTime, type Clock } from '../base/clock.ts';
import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import { query, type Transaction } from '../db/query.ts';
import { isPlan, PLANS } from './plan.ts';

export interface Workspace {
  id: Uuid;
  name: string;
  plan: string;
  is_default: boolean;
  created_at: string;
}

export interface Workspaces {
  /** Creates a workspace; `name` 1–100 characters. Throws `StartError` for an invalid name or plan. */
  create(input: { name: string; plan?: string; isDefault?: boolean }): Promise<Workspace>;
  list(): Promise<Workspace[]>;
  get(id: Uuid): Promise<Workspace | undefined>;
  /** The number of the workspace. */
  clientNumber(id: Uuid): Promise<number>;
  /** The workspace that the first start created. */
  getDefault(): Promise<Workspace | undefined>;
}

const CLIENT_NUMBER = {
  name: 'workspace.client_number',
  text: 'select client_number from workspace where id = $1',
};

const INSERT = {
  name: 'workspace.insert',
  text: `insert into workspace (id, name, plan, is_default, created_at, slug)
         values ($1, $2, $3, $4, $5, take_workspace_slug($1, $2))`,
};
const INSERT_COUNTER = {
  name: 'workspace_counter.insert',
  text: 'insert into workspace_counter (workspace_id, event_seq) values ($1, 0)',
};
const SELECT = 'select id, name, plan, is_default, created_at from workspace';
const LIST = { name: 'workspace.list', text: `${SELECT} order by id` };
const GET = { name: 'workspace.get', text: `${SELECT} where id = $1` };
const GET_DEFAULT = { name: 'workspace.get-default', text: `${SELECT} where is_default` };

/** @param seed creates the initial records of a new workspace, in its transaction */
export function makeWorkspaces(
  db: Database,
  clock: Clock,
  newId: () => Uuid,
  seed: (trx: Transaction, workspaceId: Uuid) => Promise<void>,
): Workspaces {
  return {
    async create({ name, plan = 'unlimited', isDefault = false }) {
      const trimmed = name.trim();
      if (trimmed.length < 1 || trimmed.length > 100 || trimmed.includes('\0') || !trimmed.isWellFormed()) {
        throw new StartError('A workspace name must have 1 to 100 characters.');
      }
      if (!isPlan(plan))
        throw new StartError(`${plan} is not a plan. Known: ${Object.keys(PLANS).join(', ')}.`);
      const row: Workspace = {
        id: newId(),
        name: trimmed,
        plan,
        is_default: isDefault,
        created_at: isoTime(clock.now()),
      };
      await db.transaction(async (trx) => {
        await query(trx, INSERT, [row.id, trimmed, plan, isDefault, row.created_at]);
        await query(trx, INSERT_COUNTER, [row.id]);
        await seed(trx, row.id);
      });
      return row;
    },

    list: () => query<Workspace>(db.pool, LIST, []),

    get: async (id) => (await query<Workspace>(db.pool, GET, [id]))[0],

    async clientNumber(id) {
      const [row] = await db.read<{ client_number: number }>(CLIENT_NUMBER, [id]);
      return row!.client_number;
    },

    getDefault: async () => (await query<Workspace>(db.pool, GET_DEFAULT, []))[0],
  };
}
