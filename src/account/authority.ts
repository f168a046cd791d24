import { isoTime, type Clock } from '../base/clock.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import { query, type Queryable } from '../db/query.ts';
import type { AgentLimits } from './agent-limits.ts';
import type { Actor } from './audit.ts';
import { isAtLeast, type Role } from './role.ts';
import type { Scopes } from './scope.ts';

/** The rights of an actor. Nobody can give a key or a person more than they have (decisions/0017). */
export interface Authority {
  /** A key without a member has the role of an owner. */
  role: Role;
  /** For a key, limited by the role of its member. */
  scopes: readonly string[];
  /** Whether its scopes include this one. */
  may(scope: string): boolean;
  /** When it expires; null for a member, and for a key without expiry. */
  expiresAt: string | null;
  /** The subject of an error message. */
  label: string;
}

export interface Authorities {
  /** The current authority of a caller; throws `unauthorized` if nothing is left of it. */
  current(on: Queryable, caller: Actor): Promise<Authority>;
  /**
   * The authorities of several actors of one workspace, by their names in `created_by`; actors without any are
   * missing.
   * @param lock keeps them unchanged until the transaction ends
   */
  list(
    on: Queryable,
    workspaceId: Uuid,
    actors: readonly string[],
    lock?: boolean,
  ): Promise<Map<string, Authority>>;
  /** Why an actor may not change or remove a member with this role, as a sentence; null if it may. */
  lackToManage(by: Authority, role: Role): string | null;
  /** Why an actor may not give this role, as a sentence; null if it may. */
  lackToGrant(by: Authority, role: Role): string | null;
}

/** The operator of the installation, on the command line. */
const OPERATOR: Authority = {
  role: 'owner',
  scopes: ['*'],
  may: () => true,
  expiresAt: null,
  label: 'The operator',
};

interface KeyRow {
  id: Uuid;
  scopes: string[];
  expires_at: string | null;
  maker_id: Uuid | null;
  agent: AgentLimits | null;
}

const KEYS = {
  name: 'authority.keys',
  text: `select id, scopes, expires_at, maker_id, agent from api_key
         where workspace_id = $1 and id = any($2::uuid[]) and revoked_at is null
           and (expires_at is null or expires_at > $3)
         order by id`,
};

const MEMBERS = {
  name: 'authority.members',
  text: `select user_id, role from member where workspace_id = $1 and user_id = any($2::uuid[])
         order by user_id`,
};

const LOCK_KEYS = { name: 'authority.lock-keys', text: `${KEYS.text} for share` };
const LOCK_MEMBERS = { name: 'authority.lock-members', text: `${MEMBERS.text} for share` };

export function makeAuthorities(clock: Clock, scopes: Scopes): Authorities {
  async function list(on: Queryable, workspaceId: Uuid, actors: readonly string[], lock = false) {
    const idsOf = (kind: string) =>
      [...new Set(actors)].flatMap((actor) => (actor.startsWith(`${kind}:`) ? actor.split(':')[1]! : []));
    const now = isoTime(clock.now());
    const keys = await query<KeyRow>(on, lock ? LOCK_KEYS : KEYS, [workspaceId, idsOf('api_key'), now]);
    const people = [...idsOf('user'), ...keys.flatMap(({ maker_id: maker }) => maker ?? [])];
    const statement = lock ? LOCK_MEMBERS : MEMBERS;
    const members = await query<{ user_id: Uuid; role: Role }>(on, statement, [workspaceId, people]);
    const roles = new Map(members.map(({ user_id: id, role }) => [id, role]));
    const found = new Map<string, Authority>();
    for (const [id, role] of roles) found.set(`user:${id}`, ofMember(role));
    for (const key of keys) {
      const role = key.maker_id === null ? 'owner' : roles.get(key.maker_id);
      if (role) found.set(`api_key:${key.id}`, ofKey(key, role));
    }
    for (const actor of actors) if (!actor.includes(':')) found.set(actor, OPERATOR);
    return found;
  }

  function ofMember(role: Role): Authority {
    return { role, ...rightsOf(scopes.ofRole(role)), expiresAt: null, label: `Your role (${role})` };
  }

  function ofKey(key: KeyRow, role: Role): Authority {
    const { scopes: granted, expires_at: expiresAt, maker_id: maker, agent } = key;
    const rights = rightsOf(scopes.ofKey(granted, maker === null ? null : role, agent));
    return { role, ...rights, expiresAt, label: 'This key' };
  }

  function rightsOf(granted: readonly string[]): Pick<Authority, 'scopes' | 'may'> {
    return { scopes: granted, may: (scope) => scopes.allows(granted, scope) };
  }

  function lackToManage(by: Authority, role: Role): string | null {
    if (!isAtLeast(by.role, role))
      return `The role ${role} is above ${by.role}: only a user with the role ${role} may give, change or remove it.`;
    const lacking = scopes.ofRole(role).filter((scope) => !by.may(scope));
    return lacking.length > 0 ? lacks(by, lacking, `, which the role ${role} has`) : null;
  }

  return {
    list,
    lackToManage,

    async current(on, { workspaceId, actor }) {
      const found = (await list(on, workspaceId, [actor])).get(actor);
      if (!found) throw new ApiError('unauthorized', 'The API key was revoked, or the membership has ended.');
      return found;
    },

    lackToGrant(by, role) {
      if (!by.may('workspace:manage')) return lacks(by, ['workspace:manage']);
      const lack = lackToManage(by, role);
      if (lack !== null) return lack;
      return by.expiresAt === null
        ? null
        : `${by.label} expires at ${by.expiresAt}, but a role does not expire: it cannot give a role.`;
    },
  };
}

/** Names the scopes that an actor lacks, as a sentence. */
export function lacks(by: Authority, scopes: readonly string[], why = ''): string {
  const named = scopes.length === 1 ? `the scope ${scopes[0]!}` : `the scopes ${scopes.join(', ')}`;
  return `${by.label} lacks ${named}${why}.`;
}

/** Throws `forbidden` if something is lacking. */
export function refuse(lack: string | null): void {
  if (lack !== null) throw new ApiError('forbidden', lack);
}
