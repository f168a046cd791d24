import { randomBytes } from 'node:crypto';
import type { Transaction } from 'kysely';
import { coalesce } from '../base/coalesce.ts';
import { isoTime, type Clock } from '../base/clock.ts';
import { ApiError, StartError, unavailable } from '../base/errors.ts';
import { sameBytes, sha256 } from '../base/hmac.ts';
import type { Uuid } from '../base/id.ts';
import { PATIENCE_MS, type Database } from '../db/pool.ts';
import type { Schema } from '../db/schema.ts';
import { termsOf } from './plan.ts';
import { isCounted, makeCounter, type KeyNow, type Quota } from './quota.ts';

/** How a key looks: its beginning, and how many characters of it stay visible after creation. */
const STYLES = {
  fairlead: { start: 'fl_live_', visible: 16 },
  axocrm: { start: 'axo_live_', visible: 17 },
  remixcrm: { start: 'rmx_', visible: 12 },
} as const;

export type KeyStyle = keyof typeof STYLES;
export const KEY_STYLES = Object.keys(STYLES) as KeyStyle[];

const SECRET_LENGTH = 32;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Who makes a request: what `authenticate` found out about its key. */
export interface Caller {
  workspaceId: Uuid;
  workspaceName: string;
  plan: string;
  keyId: Uuid;
  keyName: string;
  scopes: readonly string[];
  /** `api_key:<id>`: who did it, in events, activity and created_by. */
  actor: string;
  /** What the windows of the plan say to this request, which was counted if they grant it. */
  quota: Quota;
}

export interface ApiKeys {
  /** Makes a key. `raw` is shown this once: only its salted SHA-256 is stored. Throws `limit_reached`. */
  create(input: NewKey): Promise<{ id: Uuid; raw: string; prefix: string }>;
  /** Revokes at once, for every process. False where there is no such key. */
  revoke(id: Uuid): Promise<boolean>;
  /**
   * Finds who a raw key belongs to, asking the store each time, so that a revocation by any process holds
   * from the next request on; and counts the request, where the plan has windows. Throws `unauthorized` or
   * `api_key_expired`; a request that is not let in for its plan is for the caller to refuse.
   */
  authenticate(raw: string): Promise<Caller>;
}

export interface NewKey {
  workspaceId: Uuid;
  name: string;
  style: KeyStyle;
  scopes?: readonly string[];
  expiresAt?: string;
  createdBy: string;
}

interface FoundKey extends KeyNow {
  prefix: string;
  salt: Buffer;
  hash: Buffer;
}

/** How many verified keys of plans with windows are remembered. */
const MOST_KNOWN = 10_000;

const FIND_KEYS = {
  name: 'api-key.find',
  text: `select k.prefix, k.workspace_id, w.name as workspace_name, w.plan, k.id, k.name, k.salt, k.hash,
                k.scopes, k.expires_at, k.revoked_at
         from api_key k join workspace w on w.id = k.workspace_id
         where k.prefix = any($1)`,
};

export function makeApiKeys(db: Database, clock: Clock, newId: () => Uuid): ApiKeys {
  // Requests that arrive together ask together: one statement, each prefix once.
  const lookUps = coalesce<string, FoundKey[]>({
    slots: 2,
    groupOf: (prefix) => prefix,
    maxWeight: 1000,
    patience: { ms: PATIENCE_MS, error: () => unavailable('The database does not answer.', 2) },
    async fly(prefixes) {
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

  /** Throws for a key that is not good any more. */
  function checkState(key: KeyNow): void {
    if (key.revoked_at !== null) throw unauthorized();
    if (key.expires_at !== null && Date.parse(key.expires_at) <= clock.now()) {
      throw new ApiError('api_key_expired', 'This API key has expired.');
    }
  }

  return {
    async create({ workspaceId, name, style, scopes, expiresAt, createdBy }) {
      const { start, visible } = STYLES[style];
      const raw = start + randomText(SECRET_LENGTH);
      const salt = randomBytes(16);
      const id = newId();
      const row = {
        workspace_id: workspaceId,
        id,
        name: keyName(name),
        style,
        prefix: raw.slice(0, visible),
        salt,
        hash: sha256(salt, raw),
        scopes: style === 'remixcrm' ? ['leads:create'] : [...(scopes ?? ['*'])],
        created_by: createdBy,
        created_at: isoTime(clock.now()),
        expires_at: expiresAt ?? null,
        revoked_at: null,
      };
      await db.transaction(async (trx) => {
        await checkRoom(trx, workspaceId, row.created_at);
        await trx.insertInto('api_key').values(row).execute();
      });
      return { id, raw, prefix: raw.slice(0, visible) };
    },

    async revoke(id) {
      const result = await db.kysely
        .updateTable('api_key')
        .set((eb) => ({ revoked_at: eb.fn.coalesce('revoked_at', eb.val(isoTime(clock.now()))) }))
        .where('id', '=', id)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },

    async authenticate(raw) {
      const prefix = visiblePart(raw);
      if (prefix === null) throw unauthorized();
      const found = await verified(prefix, raw);
      if (!isCounted(found.plan)) {
        checkState(found);
        return callerOf(found, { granted: true, standings: [], nowS: Math.floor(clock.now() / 1000) });
      }
      const counted = await counter.count({ workspaceId: found.workspace_id, id: found.id });
      if (counted === null) throw unauthorized();
      const { key, quota } = counted;
      if (quota.standings.length > 0) remember(found);
      else known.delete(prefix);
      checkState(key);
      return callerOf(key, quota);
    },
  };
}

/** Throws `limit_reached` where the plan allows no further key; those that were revoked or expired leave room. */
async function checkRoom(trx: Transaction<Schema>, workspaceId: Uuid, now: string): Promise<void> {
  // Locked, so that two who make the last one take turns.
  const { plan } = await trx
    .selectFrom('workspace')
    .select('plan')
    .where('id', '=', workspaceId)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const { apiKeys } = termsOf(plan).maxima;
  if (apiKeys === null) return;
  const { there } = await trx
    .selectFrom('api_key')
    .select(({ fn }) => fn.countAll<number>().as('there'))
    .where('workspace_id', '=', workspaceId)
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .executeTakeFirstOrThrow();
  if (there >= apiKeys) {
    throw new ApiError('limit_reached', `The plan ${plan} allows ${apiKeys} API keys; revoke one first.`);
  }
}

function isRaw(key: FoundKey, raw: string): boolean {
  return sameBytes(key.hash, sha256(key.salt, raw));
}

function callerOf(key: KeyNow, quota: Quota): Caller {
  return {
    workspaceId: key.workspace_id,
    workspaceName: key.workspace_name,
    plan: key.plan,
    keyId: key.id,
    keyName: key.name,
    scopes: key.scopes,
    actor: `api_key:${key.id}`,
    quota,
  };
}

function unauthorized(): ApiError {
  return new ApiError('unauthorized', 'The API key is missing, malformed, unknown or revoked.');
}

/** The part of a well-formed key that is stored in the open, or null. */
function visiblePart(raw: string): string | null {
  for (const { start, visible } of Object.values(STYLES)) {
    if (raw.startsWith(start)) {
      const rest = raw.slice(start.length);
      return /^[A-Za-z0-9]{32}$/.test(rest) ? raw.slice(0, visible) : null;
    }
  }
  return null;
}

function keyName(name: string): string {
  const trimmed = name.trim();
  if (trimmed.length < 1 || trimmed.length > 100 || trimmed.includes('\0') || !trimmed.isWellFormed()) {
    throw new StartError('A key name has 1 to 100 characters.');
  }
  return trimmed;
}

/** Letters and digits, each equally likely: bytes beyond a multiple of the alphabet are thrown away. */
function randomText(length: number): string {
  const limit = 256 - (256 % ALPHABET.length);
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < limit && text.length < length) text += ALPHABET[byte % ALPHABET.length]!;
    }
  }
  return text;
}
