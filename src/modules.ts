import { crm, type CrmParts } from './crm/crm.ts';
import type { Follower, MadeModule } from './record/module.ts';

/** Every module, one line each. Where order shows, as in the API's document, it is this one. */
const MODULES = { crm };

/** What all modules need; `&` the parts of each module that needs its own. */
type ModulesParts = CrmParts;

const all = Object.values(MODULES);

export const MODULE_NOUNS = all.flatMap(({ nouns }) => nouns);
export const MODULE_SCOPES = all.flatMap(({ scopes }) => scopes);
export const MODULE_EVENT_TYPES = all.flatMap(({ eventTypes }) => eventTypes);
export const MODULE_EVENT_OBJECTS = all.flatMap(({ eventObjects }) => eventObjects);

/** The recurring tasks of all modules. */
export function moduleTasks(parts: Parameters<typeof crm.maintenance>[0]) {
  return all.flatMap((module) => module.maintenance(parts));
}

/** The modules as made, by name. */
export type Modules = { [Name in keyof typeof MODULES]: ReturnType<(typeof MODULES)[Name]['make']> };

export function makeModules(parts: ModulesParts): Modules {
  const made = Object.entries(MODULES).map(([name, module]) => [name, module.make(parts)]);
  return Object.fromEntries(made) as Modules;
}

/** What one made module hands over, of all of them. */
export function listModules(modules: Modules): readonly MadeModule[] {
  return Object.values(modules);
}

/** What follows the event feed, of all modules. */
export function listFollowers(modules: Modules): readonly Follower[] {
  return listModules(modules).flatMap(({ followers = [] }) => followers);
}
