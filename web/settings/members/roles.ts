import { ROLES, type Role } from '../../api/session-queries.ts';
import { capitalised } from '../../ui/capitalised.ts';

const MEANING: Record<Role, string> = {
  owner: 'Everything, other owners included',
  admin: 'Records, members, keys and webhooks',
  manager: 'Records; sees keys and webhooks, rotates secrets',
  member: 'Records only',
};

/** The roles to choose from, each with what it may do. */
export const ROLE_CHOICES = ROLES.map((role) => ({
  value: role,
  label: capitalised(role),
  means: MEANING[role],
}));
