import { defineScopes } from '../../account/scope.ts';

/** Members have neither: the list shows who complained, and deleting from it sends mail to people who want none. */
export const SUPPRESSION_SCOPES = defineScopes(
  { name: 'suppressions', label: 'Suppression list' },
  {
    'suppressions:manage': {
      label: 'Manage the suppression list',
      description: 'Add and delete addresses that get no mail, and change the topics of emails.',
      minRole: 'manager',
    },
    'suppressions:read': {
      label: 'Read the suppression list',
      description: 'List addresses that get no mail.',
      minRole: 'manager',
      includedIn: 'suppressions:manage',
    },
  },
);
