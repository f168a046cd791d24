/** Scopes that are not about one kind of record, in the order of a list. */
const GENERAL: Readonly<Record<string, { label: string; description: string }>> = {
  '*': { label: 'Everything', description: 'All that there is, what comes later too.' },
  'leads:create': { label: 'Send leads', description: 'Create leads, and nothing else.' },
  'events:read': {
    label: 'Read events',
    description: 'Read the feed, the log and the stream of all events.',
  },
  'events:write': {
    label: 'Publish events',
    description: 'Publish events of types that the workspace defined.',
  },
  'webhooks:manage': {
    label: 'Manage webhooks',
    description: 'Create, change and delete webhooks, event types and test inboxes; send deliveries again.',
  },
  'webhooks:read': { label: 'Read webhooks', description: 'Read webhooks and their deliveries.' },
  'webhooks:rotate': { label: 'Rotate webhook secrets', description: 'Give a webhook a new signing secret.' },
  'keys:manage': { label: 'Manage API keys', description: 'Create, change and revoke API keys.' },
  'keys:read': {
    label: 'Read API keys',
    description: 'Read which API keys there are, never the keys themselves.',
  },
  'members:read': { label: 'Read members', description: 'Read who is a member of the workspace.' },
  'workspace:manage': {
    label: 'Manage the workspace',
    description: 'Manage members, invitations and settings of the workspace; read the audit log.',
  },
};
const GENERAL_SCOPES = Object.keys(GENERAL);

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

/** A scope as people choose it. */
export interface Scope {
  name: string;
  label: string;
  description: string;
  /** The plural of the records it is about, or `other`. */
  group: string;
  action: 'read' | 'write' | null;
  /** Scopes that it holds as well; `*` holds all, and lists none. */
  includes: readonly string[];
}

/** The same scopes with their meaning, those about records first. */
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

/** Whether a scope is about something else than records. */
export function isGeneral(scope: string): boolean {
  return Object.hasOwn(GENERAL, scope);
}

/** True where somebody with `granted` may do what needs `needed`. */
export function allows(granted: readonly string[], needed: string): boolean {
  if (granted.includes('*') || granted.includes(needed)) return true;
  const wider = INCLUDED[needed];
  return wider !== undefined && granted.includes(wider);
}
