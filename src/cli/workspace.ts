import { makeWorkspaces, type Workspaces } from '../account/workspace.ts';
import type { App } from '../app.ts';
import { systemClock } from '../base/clock.ts';
import { idMaker, type Uuid } from '../base/id.ts';
import { firstEventTypes } from '../crm/leads/options/default-lead-event-types.ts';
import type { Database } from '../db/pool.ts';
import type { Store } from '../store.ts';
import type { Arguments, Options } from './arguments.ts';
import { nameOption, notFound, planNamed, usage, uuidFrom } from './arguments.ts';

/** `fairlead workspace create`: prints the id. */
export function createWorkspace({ options }: Arguments) {
  const name = nameOption(options);
  const plan = options['plan'] === undefined ? {} : { plan: planNamed(options['plan'], '--plan: ') };
  const onStore = async ({ db }: Store): Promise<number> => {
    console.log((await workspacesOf(db).create({ name, ...plan })).id);
    return 0;
  };
  return { onStore };
}

/** `fairlead workspace list`: prints id, name, plan, and `default` for the default workspace, separated by tabs. */
export async function listWorkspaces({ db }: Store): Promise<number> {
  for (const { id, name, plan, is_default: isDefault } of await workspacesOf(db).list()) {
    console.log([id, name, plan, isDefault ? 'default' : ''].join('\t').trimEnd());
  }
  return 0;
}

/** `fairlead workspace plan`: prints the plan. */
export function setPlan({ rest: [input, wanted] }: Arguments) {
  const id = uuidFrom(input);
  if (id === null || wanted === undefined)
    throw usage('Name the workspace by its id, and the plan: fairlead workspace plan <id> <plan>.');
  const plan = planNamed(wanted);
  return async (app: App): Promise<number> => {
    if (!(await app.workspaces.get(id))) throw missing(id);
    await app.changePlan(id, plan);
    console.log(plan);
    return 0;
  };
}

/** The workspaces of an open store. */
function workspacesOf(db: Database): Workspaces {
  const newId = idMaker(systemClock.now);
  return makeWorkspaces(db, systemClock, newId, firstEventTypes({ clock: systemClock, newId }));
}

/** The id from --workspace; undefined if it is missing. */
export function workspaceOption(options: Options): Uuid | undefined {
  const input = options['workspace'];
  if (input === undefined) return undefined;
  const id = uuidFrom(input);
  if (id === null)
    throw usage('--workspace must be the id of a workspace, as shown by fairlead workspace list.');
  return id;
}

/** The named workspace, else the default one. Throws `StartError` if there is none. */
export async function findWorkspace({ db }: Pick<Store, 'db'>, id: Uuid | undefined): Promise<Uuid> {
  const workspaces = workspacesOf(db);
  const workspace = id === undefined ? await workspaces.getDefault() : await workspaces.get(id);
  if (workspace) return workspace.id;
  if (id !== undefined) throw missing(id);
  throw notFound(
    'There is no default workspace yet: start the server once, or name a workspace with --workspace.',
  );
}

function missing(id: Uuid) {
  return notFound(`No workspace ${id}; see fairlead workspace list.`);
}
