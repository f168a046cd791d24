/** What a key may be allowed; the API refuses a scope it does not know, or that its maker lacks. */
export const RECORD_SCOPES = [
  'contacts',
  'companies',
  'deals',
  'tasks',
  'leads',
  'pipelines',
  'activities',
] as const;

export const OTHER_SCOPES = [
  { scope: 'leads:create', means: 'Send leads, and nothing else' },
  { scope: 'events:read', means: 'Read the feed of all events' },
  { scope: 'webhooks:manage', means: 'Manage webhooks and their deliveries' },
  { scope: 'keys:manage', means: 'Manage API keys' },
  { scope: 'workspace:manage', means: 'Manage members and the workspace' },
] as const;
