import type { Scope } from './scope.ts';

/** The limits of an agent's API key. */
export interface AgentLimits {
  /** Records that it may write in any hour, over all processes. */
  writes_per_hour: number;
  /** Whether it may delete, erase and merge records. */
  deletes: boolean;
  /** Groups of record scopes, as in `contacts`, that it is limited to; null: all records. */
  objects: string[] | null;
}

export const DEFAULT_WRITES_PER_HOUR = 100;
export const MAX_WRITES_PER_HOUR = 100_000;

/**
 * The scopes of an agent: never those of administrators, which could give it a key without limits. With chosen objects,
 * only the scopes of these records, and of reading the workspace: the feed of events has the records of all objects.
 * @param scopes all scopes of the installation
 * @param granted whether its key was granted a scope
 */
export function agentScopes(
  scopes: readonly Scope[],
  { objects }: Pick<AgentLimits, 'objects'>,
  granted: (scope: string) => boolean,
): string[] {
  return scopes
    .filter(({ name, minRole, action, group }) => {
      if (minRole === 'admin' || !granted(name)) return false;
      if (objects === null || name === 'workspace:read') return true;
      return action !== null && objects.includes(group!.name);
    })
    .map(({ name }) => name);
}
