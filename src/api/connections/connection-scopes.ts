import { defineScopes } from '../../account/scope.ts';

export const CONNECTION_SCOPES = defineScopes(
  { name: 'connections', label: 'Connections' },
  {
    'connections:manage': {
      label: 'Manage connections',
      description:
        'Create, change, test and delete connections to other systems, and read bodies as they came.',
      minRole: 'admin',
    },
    'connections:read': {
      label: 'Read connections',
      description: 'Read connections and what they received, without their secrets.',
      minRole: 'manager',
      includedIn: 'connections:manage',
    },
  },
);
