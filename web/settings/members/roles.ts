import type { Role } from '../../api/session-queries.ts';
import { capitalised } from '../../ui/capitalised.ts';

/** From most to least permissions. */
const ROLES = ['owner', 'admin', 'manager', 'member'] as const satisfies readonly Role[];

const DESCRIPTIONS: Record<Role, string> = {
  owner: 'Full access, including other owners',
  admin: 'Records, members, keys and webhooks',
  manager: 'Records; can view keys and webhooks and rotate secrets',
  member: 'Records only',
};

/** True if the first role is at least as high as the second. */
export function isAtLeast(own: Role, other: Role): boolean {
  return ROLES.indexOf(own) <= ROLES.indexOf(other);
}

/** The roles that a member with this role can assign. */
export function assignableRoles(own: Role) {
  return ROLES.filter((role) => isAtLeast(own, role)).map((role) => ({
    value: role,
    label: capitalised(role),
    description: DESCRIPTIONS[role],
  }));
}
