import { randomBytes } from 'node:crypto';
import { coalesce } from '../base/coalesce.ts';
import { isoTime, type Clock } from '../base/clock.ts';
import { ApiError, StartError, unavailable } from '../base/errors.ts';
import { sameBytes, sha256 } from '../base/hmac.ts';
import type { Uuid } from '../base/id.ts';
import { PATIENCE_MS, type Database } from '../db/pool.ts';

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
}

export interface ApiKeys {
  /** Makes a key. `raw` is shown this once: only its salted SHA-256 is stored. */
  create(input: NewKey): Promise<{ id: Uuid; raw: string; prefix: string }>;
  /** Revokes at once, for every process. False where there is no such key. */
  revoke(id: Uuid): Promise<boolean>;
  /**
   * Finds who a raw key belongs to, asking the store each time, so that a revocation by any process holds
   * from the next request on. Throws `unauthorized` or `api_key_expired`.
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

interface FoundKey {
  prefix: string;
  workspace_id: string;
  workspace_name: string;
  plan: string;
  id: string;
  name: string;
  salt: Buffer;
  hash: Buffer;
  scopes: string[];
  expires_at: string | null;
  revoked_at: string | null;
}

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

  return {
    async create({ workspaceId, name, style, scopes, expiresAt, createdBy }) {
      const { start, visible } = STYLES[style];
      const raw = start + randomText(SECRET_LENGTH);
      const salt = randomBytes(16);
      const id = newId();
      await db.kysely
        .insertInto('api_key')
        .values({
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
        })
        .execute();
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
      const found = (await lookUps.add(prefix)).find((key) => sameBytes(key.hash, sha256(key.salt, raw)));
      if (!found || found.revoked_at !== null) throw unauthorized();
      if (found.expires_at !== null && Date.parse(found.expires_at) <= clock.now()) {
        throw new ApiError('api_key_expired', 'This API key has expired.');
      }
      return {
        workspaceId: found.workspace_id,
        workspaceName: found.workspace_name,
        plan: found.plan,
        keyId: found.id,
        keyName: found.name,
        scopes: found.scopes,
        actor: `api_key:${found.id}`,
      };
    },
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
