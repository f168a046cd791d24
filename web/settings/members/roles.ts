import type { Role } from '../../api/session-queries.ts';
import { capitalised } from '../../ui/capitalised.ts';

/** From the most to the least. */
const ROLES = ['owner', 'admin', 'manager', 'member'] as const satisfies readonly Role[];

const MEANING: Record<Role, string> = {
  owner: 'Everything, other owners included',
  admin: 'Records, members, keys and webhooks',
  manager: 'Records; sees keys and webhooks, rotates secrets',
  member: 'Records only',
};

/** Nobody reaches above their own role. */
export function reaches(own: Role, other: Role): boolean {
  return ROLES.indexOf(own) <= ROLES.indexOf(other);
}

/** The roles that somebody can give, each with what it may do. */
export function rolesFor(own: Role) {
  return ROLES.filter((role) => reaches(own, role)).map((role) => ({
    value: role,
    label: capitalised(role),
    means: MEANING[role],
  }));
}
