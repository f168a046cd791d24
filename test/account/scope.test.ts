import { describe, expect, test } from 'vitest';
import { makeScopes, recordScopes } from '../../src/account/scope.ts';
import { SCOPES } from '../../src/catalogue.ts';

const RECORDS = ['contacts', 'companies', 'deals', 'tasks', 'leads', 'pipelines', 'activities', 'forms'];
// After 0.1.0: notes, tags, and those of further modules.
const FURTHER = [
  'appointments',
  'payments',
  'subscriptions',
  'courses',
  'course-runs',
  'enrolments',
  'assessments',
  'emails',
  'templates',
];
const BOTH = [...RECORDS.slice(0, 5), 'notes', ...RECORDS.slice(5), ...FURTHER, 'tags'].flatMap((plural) => [
  `${plural}:read`,
  `${plural}:write`,
]);
/** Of managers and up. */
const MANAGED = new Set([
  'pipelines:write',
  'forms:write',
  'tags:write',
  'payments:read',
  'payments:write',
  'subscriptions:read',
  'subscriptions:write',
]);
/** After 0.1.0. */
const BOOKING = ['booking:manage', 'booking:read', 'availability:write'];
const SENDING = ['emails:send'];
const OTHERS = [
  '*',
  'leads:create',
  ...BOOKING,
  ...SENDING,
  'events:read',
  'events:write',
  'webhooks:manage',
  'webhooks:read',
  'webhooks:rotate',
  // After 0.1.0.
  'connections:manage',
  'connections:read',
  'keys:manage',
  'keys:read',
  'members:read',
  'workspace:manage',
];

describe('the scopes of 0.1.0 and its roles, and those of connections and tags', () => {
  test('every scope is there, in its order', () => {
    expect(SCOPES.names).toEqual([...OTHERS, ...BOTH]);
    expect(SCOPES.list.map(({ name }) => name)).toEqual([...BOTH, ...OTHERS]);
  });

  test('a role has the scopes that it had, and no others', () => {
    expect(SCOPES.ofRole('owner')).toEqual(['*']);
    expect(SCOPES.ofRole('admin')).toEqual(['*']);
    expect(SCOPES.ofRole('manager')).toEqual([
      'leads:create',
      ...BOOKING,
      ...SENDING,
      'events:read',
      'events:write',
      'webhooks:read',
      'webhooks:rotate',
      'connections:read',
      'keys:read',
      'members:read',
      ...BOTH,
    ]);
    expect(SCOPES.ofRole('member')).toEqual([
      'leads:create',
      'booking:read',
      'availability:write',
      ...SENDING,
      'members:read',
      ...BOTH.filter((scope) => !MANAGED.has(scope)),
    ]);
  });

  test('a scope includes what it included', () => {
    const included = SCOPES.list.filter(({ includes }) => includes.length > 0);
    expect(Object.fromEntries(included.map(({ name, includes }) => [name, includes]))).toEqual({
      'leads:write': ['leads:create'],
      'webhooks:manage': ['webhooks:read', 'webhooks:rotate'],
      'connections:manage': ['connections:read'],
      'booking:manage': ['booking:read', 'availability:write'],
      'suppressions:manage': ['suppressions:read'],
      'keys:manage': ['keys:read'],
      'workspace:manage': ['members:read'],
    });
    const others = SCOPES.names.filter((name) => name !== '*');
    for (const granted of others) {
      const { includes } = SCOPES.list.find(({ name }) => name === granted)!;
      const allowed = others.filter((needed) => SCOPES.allows([granted], needed));
      expect(allowed.toSorted(), granted).toEqual([granted, ...includes].toSorted());
    }
  });

  test('a key has at most the scopes of its member', () => {
    expect(SCOPES.ofKey(['*'], null)).toEqual(['*']);
    expect(SCOPES.ofKey(['*'], 'member')).toEqual(SCOPES.ofRole('member'));
    expect(SCOPES.ofKey(['leads:write', 'forms:write'], 'member')).toEqual(['leads:create', 'leads:write']);
    expect(SCOPES.ofKey(['webhooks:manage'], 'manager')).toEqual(['webhooks:read', 'webhooks:rotate']);
  });
});

describe('the definitions of scopes', () => {
  const notes = { plural: 'notes', pluralLabel: 'Notes' };

  test('a record type has a read and a write scope, for members unless it says otherwise', () => {
    const scopes = makeScopes(recordScopes(notes, 'manager'));
    expect(scopes.names).toEqual(['*', 'notes:read', 'notes:write']);
    expect(scopes.ofRole('member')).toEqual(['notes:read']);
    expect(scopes.list[0]).toMatchObject({ label: 'Read notes', group: { name: 'notes', label: 'Notes' } });
  });

  test('a name is defined once, and a wider scope exists', () => {
    const [read] = recordScopes(notes);
    expect(() => makeScopes([...recordScopes(notes), read!])).toThrow('same name');
    expect(() => makeScopes([{ ...read!, includedIn: 'notes:manage' }])).toThrow('notes:manage');
  });
});
