import { isUniqueViolation } from '../db/failure.ts';
import type { Database } from '../db/pool.ts';
import type { Transaction } from 'kysely';
import { sql } from 'kysely';
import type { Schema } from '../db/schema.ts';
import type { Sealer } from '../base/seal.ts';

/** A request's claim to an `Idempotency-Key`: unique per workspace and API key, or signed-in user, for 24 hours. */
export interface IdempotencyClaim {
  workspaceId: string;
  /** The id of the key or of the user; the column is named after the key. */
  identity: string;
  key: string;
  /** SHA-256 of method, path and body, in hex: another request under the same key is refused. */
  requestHash: string;
}

/** The answer that is kept with the change it belongs to, and given again. */
export interface StoredAnswer {
  status: number;
  body: string;
}

/** Thrown where another request with the same key was first; its answer is to be given instead. */
export class AlreadyAnswered extends Error {
  override readonly name = 'AlreadyAnswered';
}

/**
 * The part of a writing statement that takes the keys of a flight. Expects `$3::json` with a list of
 * {unit, workspace_id, api_key_id, key, hash, status, body, at}; ends in `refused(unit)`: whose key was
 * taken before. A key older than 24 hours is free again.
 * @param but a table before it with the units that take no key, since they will not be written
 */
export function claiming(but?: string): string {
  return `
claim as materialized (
  select * from json_to_recordset($3::json) as c(
    unit int, workspace_id uuid, api_key_id uuid, key text, hash text, status smallint, body text, at timestamptz)
  ${but ? `where not exists (select from ${but} b where b.unit = c.unit)` : ''}
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

const FIND = {
  name: 'idempotency.find',
  text: `select encode(request_hash, 'hex') as hash, status, body, sealed from idempotency
         where workspace_id = $1 and api_key_id = $2 and key = $3 and created_at > $4::timestamptz - interval '24 hours'`,
};

export interface Idempotency {
  /** The answer kept under this key, `mismatch` where it was another request's, or null. */
  find(claim: IdempotencyClaim, at: string): Promise<StoredAnswer | 'mismatch' | null>;
  /**
   * Keeps an answer within a transaction that makes the change itself; sealed, since such answers may
   * hold a secret. Throws `AlreadyAnswered` where the key is taken.
   */
  keep(trx: Transaction<Schema>, claim: IdempotencyClaim, answer: StoredAnswer, at: string): Promise<void>;
}

export function makeIdempotency(db: Database, sealer: Sealer): Idempotency {
  return {
    async find(claim, at) {
      const [row] = await db.read<{ hash: string; status: number; body: string; sealed: boolean }>(FIND, [
        claim.workspaceId,
        claim.identity,
        claim.key,
        at,
      ]);
      if (!row) return null;
      if (row.hash !== claim.requestHash) return 'mismatch';
      const body = row.sealed ? sealer.open(place(claim), Buffer.from(row.body, 'base64')) : row.body;
      return { status: row.status, body };
    },

    async keep(trx, claim, answer, at) {
      const body = sealer.seal(place(claim), answer.body).toString('base64');
      try {
        await sql`delete from idempotency where workspace_id = ${claim.workspaceId} and api_key_id = ${claim.identity}
                  and key = ${claim.key} and created_at < ${at}::timestamptz - interval '24 hours'`.execute(
          trx,
        );
        await sql`insert into idempotency (workspace_id, api_key_id, key, request_hash, status, body, sealed, created_at)
                  values (${claim.workspaceId}, ${claim.identity}, ${claim.key}, decode(${claim.requestHash}, 'hex'),
                          ${answer.status}, ${body}, true, ${at})`.execute(trx);
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
