import { coalesce } from '../base/coalesce.ts';
import type { Clock } from '../base/clock.ts';
import { ApiError, unavailable } from '../base/errors.ts';
import { sameBytes, sha256 } from '../base/hmac.ts';
import type { Uuid } from '../base/id.ts';
import { TIMEOUT_MS, type Database } from '../db/pool.ts';
import { visiblePart, type KeyStyle } from './api-key.ts';
import { isCounted, makeCounter, type KeyNow, type Quota } from './quota.ts';
import { cutScopes, type Role } from './role.ts';
import type { User } from './user.ts';

/** Who makes a request: what was found out about its key or its session. */
export interface Caller {
  workspaceId: Uuid;
  workspaceName: string;
  plan: string;
  via: Key | SignedIn;
  /** The id of the key or of the user: under it stand its Idempotency-Keys. */
  identity: Uuid;
  /** The member on whose behalf it is done; null for a key that nobody in particular made. */
  makerId: Uuid | null;
  /** Of that member; a key of nobody's reaches as far as an owner. */
  role: Role;
  scopes: readonly string[];
  /** `api_key:<id>` or `user:<id>`: who did it, in events, activity and created_by. */
  actor: string;
  /** What the windows of the plan say to this request, which was counted if they grant it. */
  quota: Quota;
}

interface Key {
  kind: 'api_key';
  id: Uuid;
  name: string;
  style: KeyStyle;
}

interface SignedIn {
  kind: 'session';
  /** The session's. */
  id: Uuid;
  user: User;
  expiresAt: string;
}

/** Of a key, what decides whether it is good. */
export type KeyState = Pick<KeyNow, 'revoked_at' | 'expires_at' | 'maker_id' | 'role'>;

export interface Callers {
  /**
   * Finds who a raw key belongs to, asking the store each time, so that a revocation by any process holds
   * from the next request on; and counts the request, where the plan has windows. Throws `unauthorized` or
   * `api_key_expired`; a request that is not let in for its plan is for the caller to refuse.
   */
  authenticate(raw: string): Promise<Caller>;
}

interface FoundKey extends KeyNow {
  prefix: string;
  style: KeyStyle;
  salt: Buffer;
  hash: Buffer;
}

/** How many verified keys of plans with windows are remembered. */
const MOST_KNOWN = 10_000;

const FIND_KEYS = {
  name: 'api-key.find',
  text: `select k.prefix, k.workspace_id, w.name as workspace_name, w.plan, k.id, k.name, k.style, k.salt, k.hash,
                k.scopes, k.expires_at, k.revoked_at, k.maker_id, m.role
         from api_key k join workspace w on w.id = k.workspace_id
         left join member m on m.workspace_id = k.workspace_id and m.user_id = k.maker_id
         where k.prefix = any($1)`,
};

/** @param scopes every scope there is */
export function makeCallers(db: Database, clock: Clock, scopes: readonly string[]): Callers {
  // Requests that arrive together ask together: one statement, each prefix once.
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
  /**
   * Keys of plans with windows, by prefix, as they were when they were last verified: to count a request is to
   * read the key anew, so their requests need no look-up before it. Salt and hash of an id never change.
   */
  const known = new Map<string, FoundKey>();

  /** The key that this is, not yet looked at for its state. */
  async function verified(prefix: string, raw: string): Promise<FoundKey> {
    const mayBe = known.get(prefix);
    if (mayBe && isRaw(mayBe, raw)) return mayBe;
    const found = (await lookUps.add(prefix)).find((key) => isRaw(key, raw));
    if (!found) throw unauthorized();
    return found;
  }

  function remember(key: FoundKey): void {
    if (known.size >= MOST_KNOWN) known.delete(known.keys().next().value!);
    known.set(key.prefix, key);
  }

  function callerOf(key: KeyNow, style: KeyStyle, quota: Quota): Caller {
    return {
      workspaceId: key.workspace_id,
      workspaceName: key.workspace_name,
      plan: key.plan,
      via: { kind: 'api_key', id: key.id, name: key.name, style },
      identity: key.id,
      makerId: key.maker_id,
      role: key.role ?? 'owner',
      scopes: scopesOfKey(key.scopes, key.role, scopes),
      actor: `api_key:${key.id}`,
      quota,
    };
  }

  return {
    async authenticate(raw) {
      const prefix = visiblePart(raw);
      if (prefix === null) throw unauthorized();
      const found = await verified(prefix, raw);
      if (!isCounted(found.plan)) {
        checkKey(found, clock.now());
        return callerOf(found, found.style, {
          granted: true,
          standings: [],
          nowS: Math.floor(clock.now() / 1000),
        });
      }
      const counted = await counter.count({ workspaceId: found.workspace_id, id: found.id });
      if (counted === null) throw unauthorized();
      const { key, quota } = counted;
      if (quota.standings.length > 0) remember(found);
      else known.delete(prefix);
      checkKey(key, clock.now());
      return callerOf(key, found.style, quota);
    },
  };
}

/** Throws for a key that is not good any more: `unauthorized`, `api_key_expired`, `forbidden`. */
export function checkKey(key: KeyState, nowMs: number): void {
  if (key.revoked_at !== null) throw unauthorized();
  if (key.expires_at !== null && Date.parse(key.expires_at) <= nowMs) {
    throw new ApiError('api_key_expired', 'This API key has expired.');
  }
  if (key.maker_id !== null && key.role === null)
    throw new ApiError('forbidden', 'Whoever made this API key is no longer a member of the workspace.');
}

/**
 * What a key may do now.
 * @param role its maker's; null for a key of nobody's
 * @param all every scope there is
 */
export function scopesOfKey(
  granted: readonly string[],
  role: Role | null,
  all: readonly string[],
): readonly string[] {
  return role === null ? granted : cutScopes(granted, role, all);
}

function isRaw(key: FoundKey, raw: string): boolean {
  return sameBytes(key.hash, sha256(key.salt, raw));
}

function unauthorized(): ApiError {
  return new ApiError('unauthorized', 'The API key is missing, malformed, unknown or revoked.');
}
