import { defineScopes } from '../../account/scope.ts';

export const WEBHOOK_SCOPES = defineScopes(
  { name: 'webhooks', label: 'Webhooks' },
  {
    'webhooks:manage': {
      label: 'Manage webhooks',
      description: 'Create, change and delete webhooks, event types and test inboxes; resend deliveries.',
      minRole: 'admin',
    },
    'webhooks:read': {
      label: 'Read webhooks',
      description: 'Read webhooks and their deliveries.',
      minRole: 'manager',
      includedIn: 'webhooks:manage',
    },
    'webhooks:rotate': {
      label: 'Rotate webhook secrets',
      description: 'Rotate the signing secret of a webhook.',
      minRole: 'manager',
      includedIn: 'webhooks:manage',
    },
  },
);
