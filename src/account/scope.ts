/** Scopes that do not belong to one record type, in list order. */
const GENERAL: Readonly<Record<string, { label: string; description: string }>> = {
  '*': { label: 'Everything', description: 'All scopes, including future ones.' },
  'leads:create': { label: 'Send leads', description: 'Create leads only.' },
  'events:read': {
    label: 'Read events',
    description: 'Read the feed, the log and the stream of all events.',
  },
  'events:write': {
    label: 'Publish events',
    description: 'Publish events of custom event types.',
  },
  'webhooks:manage': {
    label: 'Manage webhooks',
    description: 'Create, change and delete webhooks, event types and test inboxes; resend deliveries.',
  },
  'webhooks:read': { label: 'Read webhooks', description: 'Read webhooks and their deliveries.' },
  'webhooks:rotate': {
    label: 'Rotate webhook secrets',
    description: 'Rotate the signing secret of a webhook.',
  },
  'connections:manage': {
    label: 'Manage connections',
    description: 'Create, change, test and delete connections to other systems.',
  },
  'connections:read': {
    label: 'Read connections',
    description: 'Read connections and what they received, never their secrets.',
  },
  'keys:manage': { label: 'Manage API keys', description: 'Create, change and revoke API keys.' },
  'keys:read': {
    label: 'Read API keys',
    description: 'List API keys, never the keys themselves.',
  },
  'members:read': { label: 'Read members', description: 'List the members of the workspace.' },
  'workspace:manage': {
    label: 'Manage the workspace',
    description: 'Manage members, invitations and settings of the workspace; read the audit log.',
  },
};
const GENERAL_SCOPES = Object.keys(GENERAL);

/** Scopes that another scope includes. */
const INCLUDED: Readonly<Record<string, string>> = {
  'webhooks:read': 'webhooks:manage',
  'webhooks:rotate': 'webhooks:manage',
  'connections:read': 'connections:manage',
  'keys:read': 'keys:manage',
  'members:read': 'workspace:manage',
  'leads:create': 'leads:write',
};

/**
 * All scopes of a key.
 * @param objects plural names of the record types, each with a read and a write scope
 */
export function allScopes(objects: readonly string[]): string[] {
  return [...GENERAL_SCOPES, ...objects.flatMap((object) => [`${object}:read`, `${object}:write`])];
}

/** A scope with its description. */
export interface Scope {
  name: string;
  label: string;
  description: string;
  /** The plural name of its records, or `other`. */
  group: string;
  action: 'read' | 'write' | null;
  /** Scopes that it includes; `*` includes all, and lists none. */
  includes: readonly string[];
}

/** All scopes with their descriptions, those of records first. */
export function describeScopes(objects: readonly string[]): Scope[] {
  const includes = (name: string) => Object.keys(INCLUDED).filter((held) => INCLUDED[held] === name);
  const ofRecords = objects.flatMap((group) =>
    (['read', 'write'] as const).map((action) => ({
      name: `${group}:${action}`,
      label: action === 'read' ? `Read ${group}` : `Write ${group}`,
      description: action === 'read' ? `List and read ${group}.` : `Create, change and delete ${group}.`,
      group,
      action,
      includes: includes(`${group}:${action}`),
    })),
  );
  const others = Object.entries(GENERAL).map(([name, texts]) => ({
    name,
    ...texts,
    group: 'other',
    action: null,
    includes: includes(name),
  }));
  return [...ofRecords, ...others];
}

/** Whether a scope does not belong to a record type. */
export function isGeneral(scope: string): boolean {
  return Object.hasOwn(GENERAL, scope);
}

/** Whether `granted` includes `needed`. */
export function allows(granted: readonly string[], needed: string): boolean {
  if (granted.includes('*') || granted.includes(needed)) return true;
  const wider = INCLUDED[needed];
  return wider !== undefined && granted.includes(wider);
}
