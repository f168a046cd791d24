import { randomBytes } from 'node:crypto';
import { isoTime, type Clock } from '../base/clock.ts';
import { ApiError, StartError } from '../base/errors.ts';
import { sha256 } from '../base/hmac.ts';
import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import { query, type AfterWrite, type Transaction } from '../db/query.ts';
import type { AgentLimits } from './agent-limits.ts';
import type { KeyApp } from './authorized-app.ts';
import { SECRET_LENGTH, visiblePart, type KeyStyles } from './key-style.ts';
import { termsOf } from './plan.ts';
import type { Role } from './role.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A key without its secret parts. */
export interface ApiKey {
  workspace_id: Uuid;
  id: Uuid;
  name: string;
  style: string;
  prefix: string;
  scopes: string[];
  created_by: string;
  maker_id: Uuid | null;
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
  last_used_at: string | null;
  /** The limits of an agent's key; null for other keys. */
  agent: AgentLimits | null;
  /** The app that a member authorised; null for a key that somebody made. */
  app: KeyApp | null;
  /** The member on whose behalf it acts; `role` is null if they have left, and the key is refused. */
  maker: { id: Uuid; name: string; role: Role | null } | null;
}

/** A new key. `raw` is available only here: only its salted SHA-256 is stored. */
export interface MadeKey {
  id: Uuid;
  raw: string;
  prefix: string;
}

interface KeyChangeSteps {
  /** Gets the stored key, locked until the change is made; if it throws, nothing is changed. */
  check(trx: Transaction, stored: ApiKey): Promise<void>;
  afterWrite: AfterWrite<ApiKey>;
}

export interface ApiKeys {
  /** Throws `limit_reached` if the plan allows no further key. */
  create(input: NewKey, afterWrite?: AfterWrite<{ key: ApiKey; raw: string }>): Promise<MadeKey>;
  /** Also returns a revoked key. */
  get(workspaceId: Uuid, id: Uuid): Promise<ApiKey | undefined>;
  /** Newest first, including revoked keys; `after` is the last id of the previous page. */
  list(workspaceId: Uuid, limit: number, after: Uuid | null): Promise<ApiKey[]>;
  /** Changes a key that is not revoked; undefined if there is none. */
  update(workspaceId: Uuid, id: Uuid, change: KeyChange, steps: KeyChangeSteps): Promise<ApiKey | undefined>;
  /**
   * Revokes a key with immediate effect in every process; a revoked key stays unchanged. False if there is no such
   * key.
   * @param workspaceId null for a key of any workspace
   */
  revoke(workspaceId: Uuid | null, id: Uuid, afterWrite?: AfterWrite<ApiKey>): Promise<boolean>;
  /** Keys that act for a member and are not revoked, newest first, and their total count. */
  madeBy(workspaceId: Uuid, makerId: Uuid, limit: number): Promise<{ count: number; keys: ApiKey[] }>;
  /** Revokes all keys that `madeBy` counts. */
  revokeMadeBy(trx: Transaction, workspaceId: Uuid, makerId: Uuid): Promise<ApiKey[]>;
}

export interface NewKey {
  workspaceId: Uuid;
  name: string;
  /** The name of a key style. */
  style: string;
  /** Ignored if the style has scopes of its own; by default all. */
  scopes?: readonly string[];
  expiresAt?: string;
  createdBy: string;
  /** The member on whose behalf it acts. */
  makerId?: Uuid | null;
  /** Makes it an agent's key. */
  agent?: AgentLimits;
  /** The app that uses it with tokens of its own; the raw key is then given to nobody. */
  app?: KeyApp;
}

export interface KeyChange {
  name?: string;
  scopes?: readonly string[];
  /** Null: never. */
  expiresAt?: string | null;
  /** Of an agent's key. */
  agent?: AgentLimits;
}

const COLUMNS = `workspace_id, id, name, style, prefix, scopes, created_by, maker_id, created_at, expires_at, revoked_at,
  last_used_at, agent, app, (
    select json_build_object('id', u.id, 'name', u.name, 'role', m.role)
    from app_user u left join member m on m.workspace_id = api_key.workspace_id and m.user_id = u.id
    where u.id = api_key.maker_id
  ) as maker`;

const INSERT = {
  name: 'api_key.insert',
  text: `insert into api_key
           (workspace_id, id, name, style, prefix, salt, hash, scopes, created_by, maker_id, created_at, expires_at,
            agent, app)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) returning ${COLUMNS}`,
};

const GET = {
  name: 'api_key.get',
  text: `select ${COLUMNS} from api_key where workspace_id = $1 and id = $2`,
};

const LIST = {
  name: 'api_key.list',
  text: `select ${COLUMNS} from api_key
         where workspace_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3`,
};

const REVOKE = {
  name: 'api_key.revoke',
  text: `update api_key set revoked_at = coalesce(revoked_at, $3)
         where id = $2 and ($1::uuid is null or workspace_id = $1) returning ${COLUMNS}`,
};

const MADE_BY = 'workspace_id = $1 and maker_id = $2 and revoked_at is null';
const COUNT_MADE_BY = {
  name: 'api_key.count-made-by',
  text: `select count(*) as count from api_key where ${MADE_BY}`,
};
const LIST_MADE_BY = {
  name: 'api_key.list-made-by',
  text: `select ${COLUMNS} from api_key where ${MADE_BY} order by id desc limit $3`,
};
const REVOKE_MADE_BY = {
  name: 'api_key.revoke-made-by',
  text: `update api_key set revoked_at = $3 where ${MADE_BY} returning ${COLUMNS}`,
};

const LOCK = {
  name: 'api_key.lock',
  text: `select ${COLUMNS} from api_key
         where workspace_id = $1 and id = $2 and revoked_at is null for no key update`,
};

const UPDATE = {
  name: 'api_key.update',
  text: `update api_key set name = coalesce($3, name), scopes = coalesce($4, scopes),
           expires_at = case when $5 then $6::timestamptz else expires_at end, agent = coalesce($7::json, agent)
         where workspace_id = $1 and id = $2 returning ${COLUMNS}`,
};

const LOCK_PLAN = { name: 'api_key.lock-plan', text: 'select plan from workspace where id = $1 for update' };

/** Revoked and expired keys do not count. */
const COUNT = {
  name: 'api_key.count',
  text: `select count(*) as existing from api_key
         where workspace_id = $1 and revoked_at is null and (expires_at is null or expires_at > $2)`,
};

export function makeApiKeys(db: Database, clock: Clock, newId: () => Uuid, styles: KeyStyles): ApiKeys {
  return {
    async create(input, afterWrite) {
      const at = isoTime(clock.now());
      const id = newId();
      const { raw, prefix, values } = newKeyRow(styles, input, id, at);
      await db.transaction(async (trx) => {
        await checkRoom(trx, input.workspaceId, at);
        const [key] = await query<ApiKey>(trx, INSERT, values);
        await afterWrite?.(trx, { key: key!, raw });
      });
      return { id, raw, prefix };
    },

    get: async (workspaceId, id) => (await db.read<ApiKey>(GET, [workspaceId, id]))[0],

    list: (workspaceId, limit, after) => db.read<ApiKey>(LIST, [workspaceId, after, limit]),

    update: (workspaceId, id, change, steps) =>
      db.transaction((trx) => updateKey(trx, { workspaceId, id }, change, steps)),

    async revoke(workspaceId, id, afterWrite) {
      return db.transaction(async (trx) => {
        const [key] = await query<ApiKey>(trx, REVOKE, [workspaceId, id, isoTime(clock.now())]);
        if (key) await afterWrite?.(trx, key);
        return key !== undefined;
      });
    },

    async madeBy(workspaceId, makerId, limit) {
      const [[counted], keys] = await Promise.all([
        db.read<{ count: number }>(COUNT_MADE_BY, [workspaceId, makerId]),
        db.read<ApiKey>(LIST_MADE_BY, [workspaceId, makerId, limit]),
      ]);
      return { count: counted!.count, keys };
    },

    revokeMadeBy: (trx, workspaceId, makerId) =>
      query<ApiKey>(trx, REVOKE_MADE_BY, [workspaceId, makerId, isoTime(clock.now())]),
  };
}

/** A new key, and the values of `INSERT`. */
function newKeyRow(
  styles: KeyStyles,
  { workspaceId, name, style, scopes, expiresAt, createdBy, makerId, agent, app }: NewKey,
  id: Uuid,
  createdAt: string,
) {
  const keyStyle = styles.get(style);
  if (!keyStyle) throw new StartError(`The key style must be one of ${[...styles.keys()].join(', ')}.`);
  const raw = keyStyle.prefix + randomText(SECRET_LENGTH);
  const salt = randomBytes(16);
  const prefix = visiblePart(styles, raw)!;
  const stored = [...(keyStyle.scopes ?? scopes ?? ['*'])];
  const values = [
    workspaceId,
    id,
    keyName(name),
    style,
    prefix,
    salt,
    sha256(salt, raw),
    stored,
    createdBy,
    makerId ?? null,
    createdAt,
    expiresAt ?? null,
    agent ? JSON.stringify(agent) : null,
    app ? JSON.stringify(app) : null,
  ];
  return { raw, prefix, values };
}

async function updateKey(
  trx: Transaction,
  { workspaceId, id }: { workspaceId: Uuid; id: Uuid },
  { name, scopes, expiresAt, agent }: KeyChange,
  { check, afterWrite }: KeyChangeSteps,
): Promise<ApiKey | undefined> {
  const [current] = await query<ApiKey>(trx, LOCK, [workspaceId, id]);
  if (!current) return undefined;
  await check(trx, current);
  const [key] = await query<ApiKey>(trx, UPDATE, [
    workspaceId,
    id,
    name === undefined ? null : keyName(name),
    scopes ?? null,
    expiresAt !== undefined,
    expiresAt ?? null,
    agent ? JSON.stringify(agent) : null,
  ]);
  await afterWrite(trx, key!);
  return key;
}

/** Throws `limit_reached` if the plan allows no further key; revoked and expired keys do not count. */
async function checkRoom(trx: Transaction, workspaceId: Uuid, now: string): Promise<void> {
  // Locked, so that two concurrent creations cannot exceed the limit.
  const [workspace] = await query<{ plan: string }>(trx, LOCK_PLAN, [workspaceId]);
  const { plan } = workspace!;
  const { apiKeys } = termsOf(plan).maxima;
  if (apiKeys === null) return;
  const [counted] = await query<{ existing: number }>(trx, COUNT, [workspaceId, now]);
  const { existing } = counted!;
  if (existing >= apiKeys) {
    throw new ApiError('limit_reached', `The plan ${plan} allows ${apiKeys} API keys; revoke one first.`);
  }
}

function keyName(name: string): string {
  const trimmed = name.trim();
  if (trimmed.length < 1 || trimmed.length > 100 || trimmed.includes('\0') || !trimmed.isWellFormed()) {
    throw new StartError('A key name must have 1 to 100 characters.');
  }
  return trimmed;
}

/** Random letters and digits, uniformly distributed: bytes beyond a multiple of the alphabet are discarded. */
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
