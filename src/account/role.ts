import { allows, isGeneral } from './scope.ts';

/** What a member may be, from the most to the least. */
export const ROLES = ['owner', 'admin', 'manager', 'member'] as const;

export type Role = (typeof ROLES)[number];

/** Beside all records: what those may do who may not do everything. */
const GRANTS: Record<Exclude<Role, 'owner' | 'admin'>, readonly string[]> = {
  manager: [
    'leads:create',
    'events:read',
    'events:write',
    'webhooks:read',
    'webhooks:rotate',
    'keys:read',
    'members:read',
  ],
  member: ['leads:create', 'members:read'],
};

/** Of the records, what is a matter for those who set the workspace up. */
const KEPT_FROM_MEMBERS = new Set(['pipelines:write', 'forms:write']);

/**
 * What a role may do (contracts section 6): owner and admin everything, a manager all but managing keys, webhooks
 * and the workspace, a member the records.
 * @param all every scope there is
 */
export function scopesOf(role: Role, all: readonly string[]): readonly string[] {
  if (role === 'owner' || role === 'admin') return ['*'];
  const granted = GRANTS[role];
  return all.filter((scope) =>
    isGeneral(scope) ? granted.includes(scope) : role === 'manager' || !KEPT_FROM_MEMBERS.has(scope),
  );
}

/** What is left of a key's scopes where its maker has this role now. */
export function cutScopes(scopes: readonly string[], role: Role, all: readonly string[]): readonly string[] {
  const may = scopesOf(role, all);
  return may.includes('*') ? scopes : may.filter((scope) => allows(scopes, scope));
}

/** Whether somebody may change what the other is, or make them that: nobody reaches above themselves. */
export function reaches(own: Role, other: Role): boolean {
  return ROLES.indexOf(own) <= ROLES.indexOf(other);
}
