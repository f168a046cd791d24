import type { Database } from '../db/pool.ts';

/** Deletes at most 1,000 rows at once, so that no lock is held for long. */
function inBatches(table: string, key: string, condition: string): string {
  return `delete from ${table} where ${key} in (select ${key} from ${table} where ${condition} limit 1000)`;
}

/**
 * A code is kept for a day, so that its second use is noticed. An app that nobody authorised is deleted after a week, another
 * after half a year without use: authorisations end earlier.
 */
const STATEMENTS = [
  inBatches('oauth_code', 'hash', `expires_at < now() - interval '1 day'`),
  inBatches('oauth_token', 'hash', `expires_at < now() - interval '1 hour'`),
  inBatches(
    'oauth_client',
    'id',
    `coalesce(last_used_at + interval '180 days', created_at + interval '7 days') < now()`,
  ),
  `delete from oauth_visitor where since < now() - interval '1 hour'`,
  // Authorised, but the app never came for its tokens.
  `delete from api_key where (workspace_id, id) in (
     select workspace_id, id from api_key k
     where app is not null and revoked_at is null and last_used_at is null and expires_at < now() - interval '1 day'
       and not exists (select from oauth_code c where c.workspace_id = k.workspace_id and c.api_key_id = k.id)
       and not exists (select from oauth_token t where t.workspace_id = k.workspace_id and t.api_key_id = k.id)
     limit 1000)`,
];

/** Deletes what no app can use any more. @returns how many rows */
export async function dropOldOAuth(db: Database): Promise<number> {
  let dropped = 0;
  for (const statement of STATEMENTS) {
    let last: number;
    do {
      last = (await db.pool.query(statement)).rowCount ?? 0;
      dropped += last;
    } while (last === 1000);
  }
  return dropped;
}
