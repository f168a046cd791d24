import { isoTime } from '../base/clock.ts';
import { ApiError } from '../base/errors.ts';
import { isUniqueViolation } from '../db/failure.ts';
import type { Database } from '../db/pool.ts';
import { query, type Transaction } from '../db/query.ts';
import type { Sealer } from '../base/seal.ts';

/** A request's claim on an `Idempotency-Key`: unique per workspace and API key, or signed-in user, for 24 hours. */
export interface IdempotencyClaim {
  workspaceId: string;
  /** The id of the key or of the user; the column is named api_key_id. */
  identity: string;
  key: string;
  /** SHA-256 of method, path and body, in hex: another request with the same key is rejected. */
  requestHash: string;
}

/** A response that is stored with its change, for repeated requests. */
export interface StoredAnswer {
  status: number;
  body: string;
}

const DELETE_OLD = {
  name: 'idempotency.delete-old',
  text: `delete from idempotency where workspace_id = $1 and api_key_id = $2
         and key = $3 and created_at < $4::timestamptz - interval '24 hours'`,
};

const INSERT = {
  name: 'idempotency.insert',
  text: `insert into idempotency (workspace_id, api_key_id, key, request_hash, status, body, sealed, created_at)
         values ($1, $2, $3, decode($4, 'hex'),
                 $5, $6, true, $7)`,
};

/** Thrown if another request with the same key was first; its response must be returned instead. */
export class AlreadyAnswered extends Error {
  override readonly name = 'AlreadyAnswered';
}

/**
 * The part of a writing statement that claims the keys of a batch. Expects `$3::json` with a list of {unit,
 * workspace_id, api_key_id, key, hash, status, body, at}. Ends in `refused(unit)`, the units whose key is already
 * taken. A key older than 24 hours is free again.
 * @param but preceding tables of units that claim no key because they will not be written
 */
export function claiming(but: readonly string[]): string {
  const written = but.map((table) => `not exists (select from ${table} b where b.unit = c.unit)`);
  return `
claim as materialized (
  select * from json_to_recordset($3::json) as c(
    unit int, workspace_id uuid, api_key_id uuid, key text, hash text, status smallint, body text, at timestamptz)
  ${written.length > 0 ? `where ${written.join(' and ')}` : ''}
),
granted as (
  insert into idempotency as held
    (workspace_id, api_key_id, key, request_hash, status, body, sealed, created_at)
  select workspace_id, api_key_id, key, decode(hash, 'hex'), status, body, false, at from claim
  order by workspace_id, api_key_id, key
  on conflict (workspace_id, api_key_id, key) do update
    set request_hash = excluded.request_hash, status = excluded.status, body = excluded.body,
        sealed = excluded.sealed, created_at = excluded.created_at
    where held.created_at < excluded.created_at - interval '24 hours'
  returning workspace_id, api_key_id, key
),
refused as (
  select c.unit from claim c
  where not exists (
    select from granted g
    where g.workspace_id = c.workspace_id and g.api_key_id = c.api_key_id and g.key = c.key)
)`;
}

/** A claim as `claiming` takes it. @param unit what is written under it */
export function claimRow(unit: number, claim: IdempotencyClaim, answer: StoredAnswer, at: string): object {
  return {
    unit,
    workspace_id: claim.workspaceId,
    api_key_id: claim.identity,
    key: claim.key,
    hash: claim.requestHash,
    status: answer.status,
    body: answer.body,
    at,
  };
}

const FIND = {
  name: 'idempotency.find',
  text: `select encode(request_hash, 'hex') as hash, status, body, sealed from idempotency
         where workspace_id = $1 and api_key_id = $2 and key = $3 and created_at > $4::timestamptz - interval '24 hours'`,
};

export interface Idempotency {
  /**
   * The answer kept under this key; null where it is free. Throws `idempotency_mismatch` where it is another request's.
   * @param nowMs milliseconds
   */
  stored(claim: IdempotencyClaim, nowMs: number): Promise<StoredAnswer | null>;
  /**
   * Runs `work`, which keeps its answer under the key with what it writes; where another request was first meanwhile
   * (`AlreadyAnswered`), the answer of that one. Throws `conflict` where that one has no answer yet.
   */
  once<T>(
    claim: IdempotencyClaim,
    nowMs: number,
    work: () => Promise<T>,
  ): Promise<{ answer: T } | { replay: StoredAnswer }>;
  /**
   * Stores a response in the transaction of its change. It is sealed, because it may contain a secret. Throws
   * `AlreadyAnswered` if the key is taken.
   */
  store(trx: Transaction, claim: IdempotencyClaim, answer: StoredAnswer, at: string): Promise<void>;
}

/** A request with a key whose first request has no answer yet. */
export const IN_PROGRESS = 'A request with this Idempotency-Key is still in progress.';

export function makeIdempotency(db: Database, sealer: Sealer): Idempotency {
  async function stored(claim: IdempotencyClaim, nowMs: number): Promise<StoredAnswer | null> {
    const { workspaceId, identity, key, requestHash } = claim;
    const [row] = await db.read<{ hash: string; status: number; body: string; sealed: boolean }>(FIND, [
      workspaceId,
      identity,
      key,
      isoTime(nowMs),
    ]);
    if (!row) return null;
    if (row.hash !== requestHash)
      throw new ApiError('idempotency_mismatch', 'This Idempotency-Key was used with another request.');
    const body = row.sealed ? sealer.open(place(claim), Buffer.from(row.body, 'base64')) : row.body;
    return { status: row.status, body };
  }

  return {
    stored,

    async once(claim, nowMs, work) {
      try {
        return { answer: await work() };
      } catch (error) {
        if (!(error instanceof AlreadyAnswered)) throw error;
        const replay = await stored(claim, nowMs);
        if (replay) return { replay };
        throw new ApiError('conflict', IN_PROGRESS, { retryAfter: 1 });
      }
    },

    async store(trx, claim, answer, at) {
      const body = sealer.seal(place(claim), answer.body).toString('base64');
      try {
        await query(trx, DELETE_OLD, [claim.workspaceId, claim.identity, claim.key, at]);
        await query(trx, INSERT, [
          claim.workspaceId,
          claim.identity,
          claim.key,
          claim.requestHash,
          answer.status,
          body,
          at,
        ]);
      } catch (error) {
        throw isUniqueViolation(error) ? new AlreadyAnswered() : error;
      }
    },
  };
}

function place(claim: IdempotencyClaim) {
  return { workspaceId: claim.workspaceId, table: 'idempotency', column: 'body' };
}

/** Answers are kept for 24 hours; deleted in batches. @returns how many were deleted */
export async function dropOldAnswers(db: Database): Promise<number> {
  let dropped = 0;
  for (;;) {
    const { rowCount } = await db.pool.query(
      `delete from idempotency where (workspace_id, api_key_id, key) in (
         select workspace_id, api_key_id, key from idempotency
         where created_at < now() - interval '24 hours' limit 1000)`,
    );
    dropped += rowCount ?? 0;
    if ((rowCount ?? 0) < 1000) return dropped;
  }
}
