import { isoTime, type Clock } from '../base/clock.ts';
import type { Uuid } from '../base/id.ts';
import type { Audit } from '../account/audit.ts';
import type { Database } from '../db/pool.ts';
import { query, type Transaction } from '../db/query.ts';
import { endAppKey, isLive, lockAppKey } from './app-key.ts';
import { OAuthError } from './oauth-error.ts';
import { hashOf, newSecret } from './oauth-secret.ts';
import type { TokenResponse, Tokens } from './oauth-token.ts';
import { isVerifierOf } from './pkce.ts';

/** What an app sends for a code. */
export interface CodeExchange {
  code: string;
  clientId: string;
  /** OAuth 2.1 lets apps leave it out: PKCE binds the code. */
  redirectUri: string | undefined;
  verifier: string;
}

export interface AuthorizationCodes {
  /** Makes the code of a new key. @param challenge of S256 */
  make(
    trx: Transaction,
    key: { workspace_id: Uuid; id: Uuid },
    request: { redirectUri: string; challenge: string },
  ): Promise<string>;
  /** Exchanges a code for tokens, once. A second use ends the authorisation. Throws `invalid_grant`. */
  exchange(sent: CodeExchange): Promise<TokenResponse>;
}

/** A browser takes the code to the app at once. */
export const CODE_MS = 5 * 60_000;

interface Row {
  workspace_id: Uuid;
  api_key_id: Uuid;
  redirect_uri: string;
  challenge: string;
  expires_at: string;
  used_at: string | null;
}

const INSERT = {
  name: 'oauth-code.insert',
  text: `insert into oauth_code (hash, workspace_id, api_key_id, redirect_uri, challenge, expires_at)
         values ($1, $2, $3, $4, $5, $6)`,
};

const LOCK = {
  name: 'oauth-code.lock',
  text: `select workspace_id, api_key_id, redirect_uri, challenge, expires_at, used_at from oauth_code
         where hash = $1 for update`,
};

const MARK_USED = {
  name: 'oauth-code.mark-used',
  text: 'update oauth_code set used_at = $2 where hash = $1',
};

export function makeAuthorizationCodes({
  db,
  clock,
  audit,
  tokens,
}: {
  db: Database;
  clock: Clock;
  audit: Audit;
  tokens: Tokens;
}): AuthorizationCodes {
  /** A text: why it is refused. What it revokes is committed, so it does not throw. */
  async function take(
    trx: Transaction,
    hash: Buffer,
    { clientId, redirectUri, verifier }: CodeExchange,
  ): Promise<TokenResponse | string> {
    const [code] = await query<Row>(trx, LOCK, [hash]);
    const key = code && (await lockAppKey(trx, code));
    if (!code || !key) return 'The code is unknown.';
    const now = clock.now();
    if (code.used_at !== null) {
      await endAppKey(trx, audit, key, { reason: 'code_reused', atMs: now });
      return 'The code was used before.';
    }
    if (key.app.client_id !== clientId) return 'The code is that of another app (client_id).';
    if (redirectUri !== undefined && code.redirect_uri !== redirectUri)
      return 'The code was sent to another redirect_uri.';
    if (Date.parse(code.expires_at) <= now || !isLive(key, now)) return 'The code has expired.';
    if (!isVerifierOf(code.challenge, verifier))
      return 'The code_verifier is not that of the code_challenge.';
    await query(trx, MARK_USED, [hash, isoTime(now)]);
    return tokens.issue(trx, key);
  }

  return {
    async make(trx, { workspace_id: workspaceId, id }, { redirectUri, challenge }) {
      const { raw, hash } = newSecret('code');
      const expiresAt = isoTime(clock.now() + CODE_MS);
      await query(trx, INSERT, [hash, workspaceId, id, redirectUri, challenge, expiresAt]);
      return raw;
    },

    async exchange(sent) {
      const hash = hashOf('code', sent.code);
      const taken = hash ? await db.transaction((trx) => take(trx, hash, sent)) : 'The code is unknown.';
      if (typeof taken === 'string') throw new OAuthError('invalid_grant', taken);
      return taken;
    },
  };
}
