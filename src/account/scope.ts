/** Scopes that are not about one kind of record. */
const GENERAL_SCOPES = [
  '*',
  'leads:create',
  'events:read',
  'events:write',
  'webhooks:manage',
  'webhooks:read',
  'webhooks:rotate',
  'keys:manage',
  'keys:read',
  'members:read',
  'workspace:manage',
] as const;

/** What a scope includes beside itself. */
const INCLUDED: Readonly<Record<string, string>> = {
  'webhooks:read': 'webhooks:manage',
  'webhooks:rotate': 'webhooks:manage',
  'keys:read': 'keys:manage',
  'members:read': 'workspace:manage',
  'leads:create': 'leads:write',
};

/**
 * Every scope a key can have.
 * @param objects plural names of the record types, each with a read and a write scope
 */
export function allScopes(objects: readonly string[]): string[] {
  return [...GENERAL_SCOPES, ...objects.flatMap((object) => [`${object}:read`, `${object}:write`])];
}

/** Whether a scope is about something else than records. */
export function isGeneral(scope: string): boolean {
  return (GENERAL_SCOPES as readonly string[]).includes(scope);
}

/** True where somebody with `granted` may do what needs `needed`. */
export function allows(granted: readonly string[], needed: string): boolean {
  if (granted.includes('*') || granted.includes(needed)) return true;
  const wider = INCLUDED[needed];
  return wider !== undefined && granted.includes(wider);
}
