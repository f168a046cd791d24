import type { AgentLimits } from './agent-limits.ts';
import { coalesce } from '../base/coalesce.ts';
import type { Clock } from '../base/clock.ts';
import { ApiError, unavailable } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import { TIMEOUT_MS, type Database } from '../db/pool.ts';
import { CallerCheck } from './caller-check.ts';
import { FAIRLEAD_KEY, visiblePart, type KeyStyles } from './key-style.ts';
import { isRaw, KnownKeys, type FoundKey } from './known-key.ts';
import { isCounted, makeCounter, type KeyNow, type Quota } from './quota.ts';
import type { Role } from './role.ts';
import type { Scopes } from './scope.ts';
import type { User } from './user.ts';

/** The caller of a request, from its key or its session. */
export interface Caller {
  workspaceId: Uuid;
  workspaceName: string;
  plan: string;
  via: Key | SignedIn;
  /** The id of the key or of the user; scopes the caller's Idempotency-Keys. */
  identity: Uuid;
  /** The member on whose behalf it acts; null for a key without a member. */
  makerId: Uuid | null;
  /** The role of that member; a key without a member has the role of an owner. */
  role: Role;
  scopes: readonly string[];
  /** Whether its scopes include this one. */
  may(scope: string): boolean;
  /** `api_key:<id>` or `user:<id>`: the actor in events, activities and created_by. */
  actor: string;
  /** The state of the plan's windows; the request was counted if they grant it. */
  quota: Quota;
  /** The limits of an agent's key. */
  agent?: AgentLimits;
  /** Set if the key was remembered: it may have been revoked since. */
  check?: CallerCheck;
}

interface Key {
  kind: 'api_key';
  id: Uuid;
  name: string;
  /** The name of its key style. */
  style: string;
}

interface SignedIn {
  kind: 'session';
  /** The id of the session. */
  id: Uuid;
  user: User;
  expiresAt: string;
}

/** The columns of a key that determine whether it is valid. */
export type KeyState = Pick<KeyNow, 'revoked_at' | 'expires_at' | 'maker_id' | 'role'>;

export interface Callers {
  /**
   * Finds the caller of a raw key. It reads the store each time, so that a revocation by any process takes effect
   * at the next request. It also counts the request if the plan has windows. Throws `unauthorized` or
   * `api_key_expired`; the caller of this function must reject a request that exceeds its plan.
   */
  authenticate(raw: string): Promise<Caller>;
  /**
   * The caller of the key of an app, whose token was verified by src/oauth. It reads the store and counts the request, and
   * throws, like `authenticate`.
   */
  ofApp(workspaceId: Uuid, keyId: Uuid): Promise<Caller>;
  /**
   * The caller of a raw key that was verified before, as of then, with a check that is still to be done. Null if the key
   * is not remembered, is an agent's, or if its requests are counted and the request only reads.
   */
  remembered(raw: string, use: 'read' | 'write'): Caller | null;
  /** The windows of a caller now, without counting a request. */
  quota(caller: Caller): Promise<Quota>;
}

/** How long a key whose window was full is counted before it writes, in milliseconds: then refusing it is one statement. */
const FULL_MS = 1000;

const FIND_KEYS = {
  name: 'api-key.find',
  text: `select k.prefix, k.workspace_id, w.name as workspace_name, w.plan, k.id, k.name, k.style, k.salt, k.hash,
                k.scopes, k.expires_at, k.revoked_at, k.maker_id, k.agent, m.role
         from api_key k join workspace w on w.id = k.workspace_id
         left join member m on m.workspace_id = k.workspace_id and m.user_id = k.maker_id
         where k.prefix = any($1)`,
};

export function makeCallers(db: Database, clock: Clock, scopes: Scopes, styles: KeyStyles): Callers {
  // Concurrent requests are looked up together: one statement, each prefix once.
  const lookUps = coalesce<string, FoundKey[]>({
    slots: 2,
    groupOf: (prefix) => prefix,
    maxWeight: 1000,
    timeout: { ms: TIMEOUT_MS, error: () => unavailable('The database does not answer.', 2) },
    async run(prefixes) {
      const rows = await db.read<FoundKey>(FIND_KEYS, [[...new Set(prefixes)]]);
      return prefixes.map((prefix) => rows.filter((row) => row.prefix === prefix));
    },
  });

  const counter = makeCounter(db, clock);
  const known = new KnownKeys();

  /** The key of a raw key; its state is not checked yet. */
  async function verified(prefix: string, raw: string): Promise<FoundKey> {
    const remembered = known.find(prefix, raw);
    // Counting a request reads the key again, so its requests need no separate look-up.
    if (remembered && isCounted(remembered.plan)) return remembered;
    const found = (await lookUps.add(prefix)).find((key) => isRaw(key, raw));
    if (!found) {
      known.forget(prefix);
      throw unauthorized();
    }
    return found;
  }

  function callerOf(key: KeyNow, style: string, quota: Quota): Caller {
    const granted = scopes.ofKey(key.scopes, key.role, key.agent);
    return {
      workspaceId: key.workspace_id,
      workspaceName: key.workspace_name,
      plan: key.plan,
      via: { kind: 'api_key', id: key.id, name: key.name, style },
      identity: key.id,
      makerId: key.maker_id,
      role: key.role ?? 'owner',
      scopes: granted,
      may: (scope) => scopes.allows(granted, scope),
      actor: `api_key:${key.id}`,
      ...(key.agent && { agent: key.agent }),
      quota,
    };
  }

  function uncounted(): Quota {
    return { granted: true, windows: [], nowS: Math.floor(clock.now() / 1000) };
  }

  return {
    async authenticate(raw) {
      const prefix = visiblePart(styles, raw);
      if (prefix === null) throw unauthorized();
      const found = await verified(prefix, raw);
      if (!isCounted(found.plan)) {
        known.forget(prefix);
        checkKey(found, clock.now());
        known.remember(found);
        return callerOf(found, found.style, uncounted());
      }
      const counted = await counter.count({ workspaceId: found.workspace_id, id: found.id });
      if (counted === null) throw unauthorized();
      const { key, quota } = counted;
      known.forget(prefix);
      checkKey(key, clock.now());
      if (quota.windows.length > 0) {
        const { workspace_name, plan, name, scopes: granted, expires_at, maker_id, role, agent } = key;
        const state = { workspace_name, plan, name, scopes: granted, expires_at, maker_id, role, agent };
        known.remember({ ...found, ...state, fullUntil: quota.granted ? 0 : clock.now() + FULL_MS });
      }
      return callerOf(key, found.style, quota);
    },

    async ofApp(workspaceId, keyId) {
      const counted = await counter.count({ workspaceId, id: keyId });
      if (counted === null) throw unauthorized();
      checkKey(counted.key, clock.now());
      return callerOf(counted.key, FAIRLEAD_KEY.name, counted.quota);
    },

    remembered(raw, use) {
      const prefix = visiblePart(styles, raw);
      const key = prefix === null ? undefined : known.find(prefix, raw);
      // The limits of an agent are not checked by the statement that writes.
      if (!key || key.agent) return null;
      const isFull = (key.fullUntil ?? 0) > clock.now();
      if (isCounted(key.plan) && (use === 'read' || isFull)) return null;
      const caller = callerOf(key, key.style, uncounted());
      caller.check = new CallerCheck(key);
      return caller;
    },

    async quota({ workspaceId, identity }) {
      return (await counter.read({ workspaceId, id: identity }))?.quota ?? uncounted();
    },
  };
}

/** Throws if a key is no longer valid: `unauthorized`, `api_key_expired`, `forbidden`. */
export function checkKey(key: KeyState, nowMs: number): void {
  if (key.revoked_at !== null) throw unauthorized();
  if (key.expires_at !== null && Date.parse(key.expires_at) <= nowMs) {
    throw new ApiError('api_key_expired', 'This API key has expired.');
  }
  if (key.maker_id !== null && key.role === null)
    throw new ApiError(
      'forbidden',
      'The member who created this API key is no longer a member of the workspace.',
    );
}

function unauthorized(): ApiError {
  return new ApiError('unauthorized', 'The API key is missing, malformed, unknown or revoked.');
}
