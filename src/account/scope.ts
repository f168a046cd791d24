/** Scopes that are not about one kind of record. */
const GENERAL_SCOPES = ['*', 'leads:create', 'webhooks:manage', 'keys:manage', 'workspace:manage'] as const;

/**
 * Every scope a key can have.
 * @param objects plural names of the record types, each with a read and a write scope
 */
export function allScopes(objects: readonly string[]): string[] {
  return [...GENERAL_SCOPES, ...objects.flatMap((object) => [`${object}:read`, `${object}:write`])];
}

/** True where a key with `granted` may do what needs `needed`. */
export function allows(granted: readonly string[], needed: string): boolean {
  return granted.includes('*') || granted.includes(needed);
}
