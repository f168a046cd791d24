import type { AgentLimits } from './agent-limits.ts';
import { isAtLeast, type Role } from './role.ts';

/** A permission of API keys and roles. A capability defines its scopes next to its routes. */
export interface Scope {
  name: string;
  /** An imperative, such as `Send leads`. */
  label: string;
  description: string;
  /** What it is about; null for `*`. */
  group: ScopeGroup | null;
  /** For records; null for other scopes. */
  action: 'read' | 'write' | null;
  /** The lowest role that has it; higher roles have it too. */
  minRole: Exclude<Role, 'owner'>;
  /** A wider scope that includes it. */
  includedIn?: string;
}

/** The scopes of a key without a member, before its own. */
const EVERY = ['*'];

interface ScopeGroup {
  name: string;
  label: string;
}

const EVERYTHING: Scope = {
  name: '*',
  label: 'Everything',
  description: 'All scopes, including future ones.',
  group: null,
  action: null,
  minRole: 'admin',
};

/** Scopes of one group that do not belong to a record type, in list order. */
export function defineScopes(
  group: ScopeGroup,
  scopes: Readonly<Record<string, Omit<Scope, 'name' | 'group' | 'action'>>>,
): Scope[] {
  return Object.entries(scopes).map(([name, scope]) => ({ ...scope, name, group, action: null }));
}

/**
 * The read and the write scope of a record type.
 * @param plural as in its paths
 * @param noun its `minRole` is the lowest role that may read
 * @param writeRole the lowest role that may write
 */
export function recordScopes(
  {
    plural,
    pluralLabel,
    minRole = 'member',
  }: { plural: string; pluralLabel: string; minRole?: Scope['minRole'] },
  writeRole: Scope['minRole'] = minRole,
): Scope[] {
  const group = { name: plural, label: pluralLabel };
  return [
    {
      name: `${plural}:read`,
      label: `Read ${plural}`,
      description: `List and read ${plural}.`,
      group,
      action: 'read',
      minRole,
    },
    {
      name: `${plural}:write`,
      label: `Write ${plural}`,
      description: `Create, change and delete ${plural}.`,
      group,
      action: 'write',
      minRole: writeRole,
    },
  ];
}

/** All scopes of the installation. */
export interface Scopes {
  /** Scopes of record types last. */
  readonly names: readonly string[];
  /** Scopes of record types first, each with the names of those that it includes; `*` lists none. */
  readonly list: readonly (Scope & { includes: readonly string[] })[];
  /** Whether `granted` includes `needed`. */
  allows(granted: readonly string[], needed: string): boolean;
  /** The scopes of a role (docs/requirements.md, section 6). */
  ofRole(role: Role): readonly string[];
  /** The scopes of a key, limited by the current role of its member (null for a key without a member), and as an agent's. */
  ofKey(granted: readonly string[], role: Role | null, agent?: AgentLimits | null): readonly string[];
}

/** @param defined the scopes of every part of the program; throws if a name is taken or a wider scope is missing */
export function makeScopes(defined: readonly Scope[]): Scopes {
  const others = [EVERYTHING, ...defined.filter(({ action }) => action === null)];
  const ofRecords = defined.filter(({ action }) => action !== null);
  const all = [...others, ...ofRecords];
  const names = all.map(({ name }) => name);
  if (new Set(names).size < names.length) throw new Error('Two scopes have the same name.');
  const wider = new Map(all.map(({ name, includedIn }) => [name, includedIn]));
  for (const name of wider.values())
    if (name !== undefined && !wider.has(name)) throw new Error(`There is no scope ${name}.`);

  const roles: Readonly<Record<Role, readonly string[]>> = {
    owner: ['*'],
    admin: ['*'],
    manager: namesFor('manager'),
    member: namesFor('member'),
  };

  function namesFor(role: Role): string[] {
    return all.filter(({ minRole }) => isAtLeast(role, minRole)).map(({ name }) => name);
  }

  function allows(granted: readonly string[], needed: string): boolean {
    if (granted.includes('*') || granted.includes(needed)) return true;
    const includedIn = wider.get(needed);
    return includedIn !== undefined && granted.includes(includedIn);
  }

  return {
    names,
    list: [...ofRecords, ...others].map((scope) => ({
      ...scope,
      includes: names.filter((name) => wider.get(name) === scope.name),
    })),
    allows,
    ofRole: (role) => roles[role],

    ofKey(granted, role, agent) {
      const may = role === null ? EVERY : roles[role];
      const limited = may.includes('*') ? granted : may.filter((scope) => allows(granted, scope));
      return agent ? agentScopes(all, agent, (scope) => allows(limited, scope)) : limited;
    },
  };
}

/**
 * The scopes of an agent: never those of administrators, which could give it a key without limits. With chosen objects,
 * only the scopes of these records: the feed of events has the records of all objects.
 * @param scopes all scopes of the installation
 * @param granted whether its key was granted a scope
 */
function agentScopes(
  scopes: readonly Scope[],
  { objects }: Pick<AgentLimits, 'objects'>,
  granted: (scope: string) => boolean,
): string[] {
  return scopes
    .filter(({ name, minRole, action, group }) => {
      if (minRole === 'admin' || !granted(name)) return false;
      return objects === null || (action !== null && objects.includes(group!.name));
    })
    .map(({ name }) => name);
}
