import { randomBytes } from 'node:crypto';
import { sql, type Transaction } from 'kysely';
import { isoTime, type Clock } from '../base/clock.ts';
import { ApiError, StartError } from '../base/errors.ts';
import { sha256 } from '../base/hmac.ts';
import type { Uuid } from '../base/id.ts';
import { retried, type Database } from '../db/pool.ts';
import type { ApiKeyRow, Schema } from '../db/schema.ts';
import { SECRET_LENGTH, visiblePart, type KeyStyles } from './key-style.ts';
import { termsOf } from './plan.ts';
import type { Role } from './role.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A key without its secret parts. */
export interface ApiKey extends Omit<ApiKeyRow, 'salt' | 'hash'> {
  /** The member on whose behalf it acts; `role` is null if they have left, and the key is refused. */
  maker: { id: Uuid; name: string; role: Role | null } | null;
}

/** A new key. `raw` is available only here: only its salted SHA-256 is stored. */
export interface MadeKey {
  id: Uuid;
  raw: string;
  prefix: string;
}

/** Runs within the transaction that changes a key, to store the idempotency response. */
type InTransaction<Made = ApiKey> = (trx: Transaction<Schema>, made: Made) => Promise<void>;

export interface ApiKeys {
  /** Throws `limit_reached` if the plan allows no further key. */
  create(input: NewKey, inTransaction?: InTransaction<{ key: ApiKey; raw: string }>): Promise<MadeKey>;
  /** Also returns a revoked key. */
  get(workspaceId: Uuid, id: Uuid): Promise<ApiKey | undefined>;
  /** Newest first, including revoked keys; `after` is the last id of the previous page. */
  list(workspaceId: Uuid, limit: number, after: Uuid | null): Promise<ApiKey[]>;
  /**
   * Changes a key that is not revoked; undefined if there is none.
   * @param check gets the stored key, locked until the change is made; if it throws, nothing is changed
   */
  update(
    workspaceId: Uuid,
    id: Uuid,
    change: KeyChange,
    steps: { check: InTransaction; inTransaction: InTransaction },
  ): Promise<ApiKey | undefined>;
  /**
   * Revokes a key with immediate effect in every process; a revoked key stays unchanged. False if there is no such
   * key.
   * @param workspaceId null for a key of any workspace
   */
  revoke(workspaceId: Uuid | null, id: Uuid, inTransaction?: InTransaction): Promise<boolean>;
  /** Keys that act for a member and are not revoked, newest first, and their total count. */
  madeBy(workspaceId: Uuid, makerId: Uuid, limit: number): Promise<{ count: number; keys: ApiKey[] }>;
  /** Revokes all keys that `madeBy` counts. */
  revokeMadeBy(trx: Transaction<Schema>, workspaceId: Uuid, makerId: Uuid): Promise<ApiKey[]>;
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
}

export interface KeyChange {
  name?: string;
  scopes?: readonly string[];
  /** Null: never. */
  expiresAt?: string | null;
}

const SHOWN = [
  'workspace_id',
  'id',
  'name',
  'style',
  'prefix',
  'scopes',
  'created_by',
  'maker_id',
  'created_at',
  'expires_at',
  'revoked_at',
  'last_used_at',
  sql<ApiKey['maker']>`(
    select json_build_object('id', u.id, 'name', u.name, 'role', m.role)
    from app_user u left join member m on m.workspace_id = api_key.workspace_id and m.user_id = u.id
    where u.id = api_key.maker_id
  )`.as('maker'),
] as const;

export function makeApiKeys(db: Database, clock: Clock, newId: () => Uuid, styles: KeyStyles): ApiKeys {
  return {
    async create(input, inTransaction) {
      const { raw, row } = newKeyRow(styles, input, newId(), isoTime(clock.now()));
      await db.transaction(async (trx) => {
        await checkRoom(trx, row.workspace_id, row.created_at);
        const key = await trx.insertInto('api_key').values(row).returning(SHOWN).executeTakeFirstOrThrow();
        await inTransaction?.(trx, { key, raw });
      });
      return { id: row.id, raw, prefix: row.prefix };
    },

    get: (workspaceId, id) =>
      retried(() =>
        db.kysely
          .selectFrom('api_key')
          .select(SHOWN)
          .where('workspace_id', '=', workspaceId)
          .where('id', '=', id)
          .executeTakeFirst(),
      ),

    list(workspaceId, limit, after) {
      const rows = db.kysely
        .selectFrom('api_key')
        .select(SHOWN)
        .where('workspace_id', '=', workspaceId)
        .orderBy('id', 'desc')
        .limit(limit)
        .$if(after !== null, (query) => query.where('id', '<', after));
      return retried(() => rows.execute());
    },

    update: (workspaceId, id, change, steps) =>
      db.transaction((trx) => updateKey(trx, { workspaceId, id }, change, steps)),

    async revoke(workspaceId, id, inTransaction) {
      return db.transaction(async (trx) => {
        const key = await trx
          .updateTable('api_key')
          .set((eb) => ({ revoked_at: eb.fn.coalesce('revoked_at', eb.val(isoTime(clock.now()))) }))
          .where('id', '=', id)
          .$if(workspaceId !== null, (query) => query.where('workspace_id', '=', workspaceId!))
          .returning(SHOWN)
          .executeTakeFirst();
        if (key) await inTransaction?.(trx, key);
        return key !== undefined;
      });
    },

    async madeBy(workspaceId, makerId, limit) {
      const living = db.kysely
        .selectFrom('api_key')
        .where('workspace_id', '=', workspaceId)
        .where('maker_id', '=', makerId)
        .where('revoked_at', 'is', null);
      const [{ count }, keys] = await retried(() =>
        Promise.all([
          living.select(({ fn }) => fn.countAll<number>().as('count')).executeTakeFirstOrThrow(),
          living.select(SHOWN).orderBy('id', 'desc').limit(limit).execute(),
        ]),
      );
      return { count, keys };
    },

    async revokeMadeBy(trx, workspaceId, makerId) {
      return trx
        .updateTable('api_key')
        .set({ revoked_at: isoTime(clock.now()) })
        .where('workspace_id', '=', workspaceId)
        .where('maker_id', '=', makerId)
        .where('revoked_at', 'is', null)
        .returning(SHOWN)
        .execute();
    },
  };
}

/** The row of a new key, and the key itself. */
function newKeyRow(
  styles: KeyStyles,
  { workspaceId, name, style, scopes, expiresAt, createdBy, makerId }: NewKey,
  id: Uuid,
  createdAt: string,
) {
  const keyStyle = styles.get(style);
  if (!keyStyle) throw new StartError(`The key style must be one of ${[...styles.keys()].join(', ')}.`);
  const raw = keyStyle.prefix + randomText(SECRET_LENGTH);
  const salt = randomBytes(16);
  const row = {
    workspace_id: workspaceId,
    id,
    name: keyName(name),
    style,
    prefix: visiblePart(styles, raw)!,
    salt,
    hash: sha256(salt, raw),
    scopes: [...(keyStyle.scopes ?? scopes ?? ['*'])],
    created_by: createdBy,
    maker_id: makerId ?? null,
    created_at: createdAt,
    expires_at: expiresAt ?? null,
    revoked_at: null,
    last_used_at: null,
  };
  return { raw, row };
}

async function updateKey(
  trx: Transaction<Schema>,
  { workspaceId, id }: { workspaceId: Uuid; id: Uuid },
  { name, scopes, expiresAt }: KeyChange,
  { check, inTransaction }: { check: InTransaction; inTransaction: InTransaction },
): Promise<ApiKey | undefined> {
  const current = await trx
    .selectFrom('api_key')
    .select(SHOWN)
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (!current) return undefined;
  await check(trx, current);
  const key = await trx
    .updateTable('api_key')
    .set({
      // Kysely needs at least one column to set.
      name: name === undefined ? sql.ref('name') : keyName(name),
      ...(scopes !== undefined && { scopes: [...scopes] }),
      ...(expiresAt !== undefined && { expires_at: expiresAt }),
    })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .returning(SHOWN)
    .executeTakeFirstOrThrow();
  await inTransaction(trx, key);
  return key;
}

/** Throws `limit_reached` if the plan allows no further key; revoked and expired keys do not count. */
async function checkRoom(trx: Transaction<Schema>, workspaceId: Uuid, now: string): Promise<void> {
  // Locked, so that two concurrent creations cannot exceed the limit.
  const { plan } = await trx
    .selectFrom('workspace')
    .select('plan')
    .where('id', '=', workspaceId)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const { apiKeys } = termsOf(plan).maxima;
  if (apiKeys === null) return;
  const { there: existing } = await trx
    .selectFrom('api_key')
    .select(({ fn }) => fn.countAll<number>().as('there'))
    .where('workspace_id', '=', workspaceId)
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .executeTakeFirstOrThrow();
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
