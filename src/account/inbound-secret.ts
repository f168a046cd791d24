import { randomBytes } from 'node:crypto';
import { isoTime, type Clock } from '../base/clock.ts';
import { ApiError } from '../base/errors.ts';
import { hmacSha256, sameBytes, sha256 } from '../base/hmac.ts';
import type { Uuid } from '../base/id.ts';
import type { Sealer } from '../base/seal.ts';
import type { Database } from '../db/pool.ts';
import { query, type AfterWrite, type Transaction } from '../db/query.ts';

const START = 'crm_';
const VISIBLE = 12;
const SHAPE = /^crm_[\w-]{43}$/;
const PREFIX_SHAPE = /^crm_[\w-]{8}$/;
const MAX_SECRETS = 100;

/** A secret that another system sends with its reports (CW1), without the secret itself. */
export interface InboundSecret {
  id: Uuid;
  name: string;
  /** The visible part of the secret. */
  prefix: string;
  created_by: string;
  created_at: string;
}

export interface InboundSecrets {
  /** Passes the raw secret to `afterWrite`, once: only its salted SHA-256 is stored. Throws `conflict` above 100. */
  create(
    writer: { workspaceId: Uuid; actor: string },
    name: string,
    afterWrite: AfterWrite<{ secret: InboundSecret; raw: string }>,
  ): Promise<void>;
  /** Newest first; `after` is the last id of the previous page. */
  list(workspaceId: Uuid, limit: number, after: Uuid | null): Promise<InboundSecret[]>;
  /** Takes effect at the next request, in every process. Throws `not_found`. */
  remove(workspaceId: Uuid, id: Uuid, afterWrite: AfterWrite<InboundSecret>): Promise<void>;
  /**
   * The secrets that a member created, directly or through a key that acts for them; newest first, with their
   * total count.
   */
  madeBy(
    workspaceId: Uuid,
    makerId: Uuid,
    limit: number,
  ): Promise<{ count: number; secrets: InboundSecret[] }>;
  /** Deletes all secrets that `madeBy` counts. */
  removeMadeBy(trx: Transaction, workspaceId: Uuid, makerId: Uuid): Promise<InboundSecret[]>;
  /**
   * The workspace of a secret. Throws `unauthorized`, or `not_configured` if the installation has no secrets at
   * all.
   * @param raw as sent, or null
   */
  workspaceOf(raw: string | null): Promise<Uuid>;
  /**
   * The raw secrets with this prefix, to verify a signature. Usually one or none; a secret that was created with
   * another key of the installation is missing.
   * @param prefix the visible part of the secret, as sent
   */
  signers(prefix: string): Promise<{ workspaceId: Uuid; raw: string }[]>;
}

interface Found {
  workspace_id: Uuid;
  id: Uuid;
  salt: Buffer;
  hash: Buffer;
}

const FIND = {
  name: 'inbound-secret.find',
  text: 'select workspace_id, id, salt, hash from inbound_secret where prefix = $1',
};

const DEFAULT_WORKSPACE = { name: 'workspace.default', text: 'select id from workspace where is_default' };

const ANY = { name: 'inbound-secret.any', text: 'select from inbound_secret limit 1' };

const MADE_BY = `
from inbound_secret s
where s.workspace_id = $1 and (s.created_by = 'user:' || $2::uuid or exists (
  select from api_key k where k.workspace_id = s.workspace_id and k.maker_id = $2 and s.created_by = 'api_key:' || k.id))`;

const COLUMNS = 'id, name, prefix, created_by, created_at';

const DELETE = {
  name: 'inbound-secret.delete',
  text: `delete from inbound_secret where workspace_id = $1 and id = $2
         returning ${COLUMNS}`,
};

const LOCK_WORKSPACE = {
  name: 'inbound-secret.lock-workspace',
  text: `select from workspace where id = $1 for update`,
};

const INSERT = {
  name: 'inbound-secret.insert',
  text: `insert into inbound_secret (workspace_id, id, name, prefix, salt, hash, created_by, created_at)
         select $1, $2, $3, $4, $5, $6, $7, $8
         where (select count(*) from inbound_secret where workspace_id = $1) < ${MAX_SECRETS}
         returning ${COLUMNS}`,
};

/**
 * A secret is derived from the installation's key and its own id, so that it can be derived again: verifying a
 * signature needs the secret itself, and the database has only a hash (decisions/0011).
 * @param installation the default workspace's secret from the environment, or ''
 */
export function makeInboundSecrets(
  { db, clock, newId, sealer }: { db: Database; clock: Clock; newId: () => Uuid; sealer: Sealer },
  installation: string,
): InboundSecrets {
  const key = sealer.derive('inbound secrets');

  function rawOf(workspaceId: Uuid, id: Uuid): string {
    return START + Buffer.from(hmacSha256(key, 'hex', workspaceId, id), 'hex').toString('base64url');
  }

  async function defaultWorkspace(): Promise<Uuid> {
    const [found] = await db.read<{ id: Uuid }>(DEFAULT_WORKSPACE, []);
    if (!found) throw unauthorized();
    return found.id;
  }

  async function isConfigured(): Promise<boolean> {
    return installation !== '' || (await db.read(ANY, [])).length > 0;
  }

  return {
    create: ({ workspaceId, actor }, name, afterWrite) =>
      db.transaction(async (trx) => {
        const id = newId();
        const raw = rawOf(workspaceId, id);
        const at = isoTime(clock.now());
        const secret = await insertSecret(trx, { workspaceId, id, name, raw, actor, at });
        await afterWrite(trx, { secret, raw });
      }),

    list: (workspaceId, limit, after) =>
      db.read<InboundSecret>(
        {
          name: 'inbound-secret.list',
          text: `select id, name, prefix, created_by, created_at from inbound_secret
                 where workspace_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3`,
        },
        [workspaceId, after, limit],
      ),

    remove: (workspaceId, id, afterWrite) =>
      db.transaction(async (trx) => {
        const rows = await query<InboundSecret>(trx, DELETE, [workspaceId, id]);
        if (!rows[0]) throw new ApiError('not_found', 'No inbound secret with this id.');
        await afterWrite(trx, rows[0]);
      }),

    madeBy: (workspaceId, makerId, limit) => readMadeBy(db, workspaceId, makerId, limit),

    async removeMadeBy(trx, workspaceId, makerId) {
      const { rows } = await trx.query<InboundSecret>({
        name: 'inbound-secret.remove-made',
        text: `delete from inbound_secret where workspace_id = $1 and id in (select s.id ${MADE_BY})
               returning id, name, prefix, created_by, created_at`,
        values: [workspaceId, makerId],
      });
      return rows;
    },

    async signers(prefix) {
      if (!PREFIX_SHAPE.test(prefix)) return [];
      const found = await db.read<Found>(FIND, [prefix]);
      return found.flatMap(({ workspace_id: workspaceId, id, salt, hash }) => {
        const raw = rawOf(workspaceId, id);
        return sameBytes(hash, sha256(salt, raw)) ? [{ workspaceId, raw }] : [];
      });
    },

    async workspaceOf(raw) {
      if (raw !== null && installation !== '' && sameBytes(sha256(raw), sha256(installation)))
        return defaultWorkspace();
      const mayBe =
        raw !== null && SHAPE.test(raw) ? await db.read<Found>(FIND, [raw.slice(0, VISIBLE)]) : [];
      const found = mayBe.find(({ salt, hash }) => sameBytes(hash, sha256(salt, raw!)));
      if (found) return found.workspace_id;
      if (await isConfigured()) throw unauthorized();
      throw new ApiError(
        'not_configured',
        'No inbound secret is configured: create one under /api/v1/inbound-secrets, or set CRM_WEBHOOK_SECRET.',
      );
    },
  };
}

function unauthorized(): ApiError {
  return new ApiError(
    'unauthorized',
    'The inbound secret is missing or unknown: send Authorization: Bearer <secret>, or X-API-Key.',
  );
}

/** Throws `conflict` if the workspace has the maximum. */
async function insertSecret(
  trx: Transaction,
  secret: { workspaceId: Uuid; id: Uuid; name: string; raw: string; actor: string; at: string },
): Promise<InboundSecret> {
  const { workspaceId, id, name, raw, actor, at } = secret;
  const salt = randomBytes(16);
  // Locked, so that two concurrent creations cannot exceed the limit.
  await query(trx, LOCK_WORKSPACE, [workspaceId]);
  const rows = await query<InboundSecret>(trx, INSERT, [
    workspaceId,
    id,
    name,
    raw.slice(0, VISIBLE),
    salt,
    sha256(salt, raw),
    actor,
    at,
  ]);
  if (!rows[0])
    throw new ApiError(
      'conflict',
      `A workspace has at most ${MAX_SECRETS} inbound secrets; delete one first.`,
    );
  return rows[0];
}

async function readMadeBy(db: Database, workspaceId: Uuid, makerId: Uuid, limit: number) {
  const values = [workspaceId, makerId];
  const [[counted], secrets] = await Promise.all([
    db.read<{ count: number }>(
      { name: 'inbound-secret.count-made', text: `select count(*)::int as count ${MADE_BY}` },
      values,
    ),
    db.read<InboundSecret>(
      {
        name: 'inbound-secret.made',
        text: `select s.id, s.name, s.prefix, s.created_by, s.created_at ${MADE_BY} order by s.id desc limit $3`,
      },
      [...values, limit],
    ),
  ]);
  return { count: counted!.count, secrets };
}
