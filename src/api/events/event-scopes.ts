import { defineScopes } from '../../account/scope.ts';

export const EVENT_SCOPES = defineScopes(
  { name: 'events', label: 'Events' },
  {
    'events:read': {
      label: 'Read events',
      description: 'Read the feed, the log and the stream of all events.',
      minRole: 'manager',
    },
    'events:write': {
      label: 'Publish events',
      description: 'Publish events of custom event types.',
      minRole: 'manager',
    },
  },
);
