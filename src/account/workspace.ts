import type { Transaction } from 'kysely';
import { StartError } from '../base/errors.ts';
import { isoTime, type Clock } from '../base/clock.ts';
import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import type { Schema, WorkspaceRow } from '../db/schema.ts';
import { isPlan, PLANS } from './plan.ts';

export type Workspace = WorkspaceRow;

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

/** @param seed creates the initial records of a new workspace, in its transaction */
export function makeWorkspaces(
  db: Database,
  clock: Clock,
  newId: () => Uuid,
  seed: (trx: Transaction<Schema>, workspaceId: Uuid) => Promise<void>,
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
        await trx.insertInto('workspace').values(row).execute();
        await trx.insertInto('workspace_counter').values({ workspace_id: row.id, event_seq: 0 }).execute();
        await seed(trx, row.id);
      });
      return row;
    },

    list: () => db.kysely.selectFrom('workspace').selectAll().orderBy('id').execute(),

    get: (id) => db.kysely.selectFrom('workspace').selectAll().where('id', '=', id).executeTakeFirst(),

    async clientNumber(id) {
      const [row] = await db.read<{ client_number: number }>(CLIENT_NUMBER, [id]);
      return row!.client_number;
    },

    getDefault: () =>
      db.kysely.selectFrom('workspace').selectAll().where('is_default', '=', true).executeTakeFirst(),
  };
}
