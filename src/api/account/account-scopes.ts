import { defineScopes } from '../../account/scope.ts';

export const ACCOUNT_SCOPES = [
  ...defineScopes(
    { name: 'keys', label: 'API keys' },
    {
      'keys:manage': {
        label: 'Manage API keys',
        description: 'Create, change and revoke API keys.',
        minRole: 'admin',
      },
      'keys:read': {
        label: 'Read API keys',
        description: 'List API keys, never the keys themselves.',
        minRole: 'manager',
        includedIn: 'keys:manage',
      },
    },
  ),
  ...defineScopes(
    { name: 'workspace', label: 'Workspace' },
    {
      'members:read': {
        label: 'Read members',
        description: 'List the members of the workspace.',
        minRole: 'member',
        includedIn: 'workspace:manage',
      },
      'workspace:manage': {
        label: 'Manage the workspace',
        description: 'Manage members, invitations and settings of the workspace; read the audit log.',
        minRole: 'admin',
      },
    },
  ),
];
