import { allows, isGeneral } from './scope.ts';

/** The roles of members, from most to least rights. */
export const ROLES = ['owner', 'admin', 'manager', 'member'] as const;

export type Role = (typeof ROLES)[number];

/** The scopes of restricted roles, in addition to all records. */
const GRANTS: Record<Exclude<Role, 'owner' | 'admin'>, readonly string[]> = {
  manager: [
    'leads:create',
    'events:read',
    'events:write',
    'webhooks:read',
    'webhooks:rotate',
    'connections:read',
    'keys:read',
    'members:read',
  ],
  member: ['leads:create', 'members:read'],
};

/** Scopes of records that only admins and managers have. */
const KEPT_FROM_MEMBERS = new Set(['pipelines:write', 'forms:write']);

/**
 * The scopes of a role (docs/requirements.md, section 6): owner and admin all, a manager all except managing keys,
 * webhooks and the workspace, a member the records.
 * @param all all scopes
 */
export function scopesOf(role: Role, all: readonly string[]): readonly string[] {
  if (role === 'owner' || role === 'admin') return ['*'];
  const granted = GRANTS[role];
  return all.filter((scope) =>
    isGeneral(scope) ? granted.includes(scope) : role === 'manager' || !KEPT_FROM_MEMBERS.has(scope),
  );
}

/** The scopes of a key, limited by the current role of its member. */
export function cutScopes(scopes: readonly string[], role: Role, all: readonly string[]): readonly string[] {
  const may = scopesOf(role, all);
  return may.includes('*') ? scopes : may.filter((scope) => allows(scopes, scope));
}

/** Whether a member may change another one with this role, or give it: no role above one's own. */
export function isAtLeast(own: Role, other: Role): boolean {
  return ROLES.indexOf(own) <= ROLES.indexOf(other);
}
