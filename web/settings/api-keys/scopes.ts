/** What a key may be allowed; the API refuses a scope it does not know, or that its maker lacks. */
export const RECORD_SCOPES = ['contacts', 'companies', 'deals', 'tasks', 'pipelines', 'activities'] as const;

export const OTHER_SCOPES = [
  { scope: 'leads:create', means: 'Send leads, and nothing else' },
  { scope: 'webhooks:manage', means: 'Manage webhooks and their deliveries' },
  { scope: 'keys:manage', means: 'Manage API keys' },
  { scope: 'workspace:manage', means: 'Manage members and the workspace' },
] as const;
