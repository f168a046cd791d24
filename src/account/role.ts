/** The roles of members, from most to least rights. Each scope names the lowest role that has it (scope.ts). */
export const ROLES = ['owner', 'admin', 'manager', 'member'] as const;

export type Role = (typeof ROLES)[number];

/** Whether a member may change another one with this role, or give it: no role above one's own. */
export function isAtLeast(own: Role, other: Role): boolean {
  return ROLES.indexOf(own) <= ROLES.indexOf(other);
}
