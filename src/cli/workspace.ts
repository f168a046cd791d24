import { makeWorkspaces } from '../account/workspace.ts';
import type { App } from '../app.ts';
import { systemClock } from '../base/clock.ts';
import { idMaker, type Uuid } from '../base/id.ts';
import type { Store } from '../store.ts';
import type { Arguments, Options } from './arguments.ts';
import { nameOption, notFound, planNamed, usage, uuidFrom } from './arguments.ts';

/** `fairlead workspace create`: prints the id. */
export function createWorkspace({ options }: Arguments) {
  const name = nameOption(options);
  const plan = options['plan'] === undefined ? {} : { plan: planNamed(options['plan'], '--plan: ') };
  return async (app: App): Promise<number> => {
    console.log((await app.workspaces.create({ name, ...plan })).id);
    return 0;
  };
}

/** `fairlead workspace list`: prints id, name, plan, and `default` for the default workspace, separated by tabs. */
export async function listWorkspaces({ db }: Store): Promise<number> {
  // It creates none, so it needs no first event types.
  const workspaces = makeWorkspaces(db, systemClock, idMaker(systemClock.now), () => Promise.resolve());
  for (const { id, name, plan, is_default: isDefault } of await workspaces.list()) {
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
export async function findWorkspace(app: App, id: Uuid | undefined): Promise<Uuid> {
  const workspace = id === undefined ? await app.workspaces.getDefault() : await app.workspaces.get(id);
  if (workspace) return workspace.id;
  if (id !== undefined) throw missing(id);
  throw notFound(
    'There is no default workspace yet: start the server once, or name a workspace with --workspace.',
  );
}

function missing(id: Uuid) {
  return notFound(`No workspace ${id}; see fairlead workspace list.`);
}
