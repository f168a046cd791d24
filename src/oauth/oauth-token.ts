import { isoTime, type Clock } from '../base/clock.ts';
import type { Uuid } from '../base/id.ts';
import type { Audit } from '../account/audit.ts';
import type { Database } from '../db/pool.ts';
import { query, type Transaction } from '../db/query.ts';
import { endAppKey, extendAppKey, isLive, lockAppKey, type AppKey } from './app-key.ts';
import type { RegisteredClients } from './client-store.ts';
import { OAuthError } from './oauth-error.ts';
import { hashOf, newSecret } from './oauth-secret.ts';

/** The answer of the token endpoint (RFC 6749, section 5.1). */
export interface TokenResponse {
  access_token: string;
  token_type: 'Bearer';
  /** Seconds. */
  expires_in: number;
  refresh_token: string;
  scope: string;
}

export interface Tokens {
  /** New tokens for a key that is locked and live. */
  issue(trx: Transaction, key: AppKey): Promise<TokenResponse>;
  /**
   * Exchanges a refresh token for new tokens. A second use of one ends the authorisation: the app or a thief has an old copy.
   * Throws `invalid_grant`.
   */
  refresh(raw: string, clientId: string): Promise<TokenResponse>;
  /** Ends the authorisation of a token, if it is one of this app (RFC 7009). Throws `invalid_grant` for that of another. */
  revoke(raw: string, clientId: string): Promise<void>;
  /** The key of an access token; null if it is unknown or has expired. */
  keyOf(raw: string): Promise<{ workspaceId: Uuid; keyId: Uuid } | null>;
}

const ACCESS_S = 3600;
/** An app that was not used for so long has to be authorised again, in milliseconds. */
const REFRESH_MS = 60 * 24 * 3_600_000;

interface Row {
  workspace_id: Uuid;
  api_key_id: Uuid;
  expires_at: string;
  used_at: string | null;
}

const INSERT = {
  name: 'oauth-token.insert',
  text: `insert into oauth_token (hash, kind, workspace_id, api_key_id, expires_at)
         values ($1, 'access', $3, $4, $5), ($2, 'refresh', $3, $4, $6)`,
};

const LOCK_REFRESH = {
  name: 'oauth-token.lock-refresh',
  text: `select workspace_id, api_key_id, expires_at, used_at from oauth_token
         where hash = $1 and kind = 'refresh' for update`,
};

const MARK_USED = {
  name: 'oauth-token.mark-used',
  text: 'update oauth_token set used_at = $2 where hash = $1',
};

const FIND = {
  name: 'oauth-token.find',
  text: 'select workspace_id, api_key_id, expires_at, used_at from oauth_token where hash = $1',
};

const FIND_ACCESS = {
  name: 'oauth-token.find-access',
  text: `select workspace_id, api_key_id from oauth_token
         where hash = $1 and kind = 'access' and expires_at > $2`,
};

export interface TokenParts {
  db: Database;
  clock: Clock;
  audit: Audit;
  registered: RegisteredClients;
}

export function makeTokens({ db, clock, audit, registered }: TokenParts): Tokens {
  async function issue(trx: Transaction, key: AppKey): Promise<TokenResponse> {
    const now = clock.now();
    const [access, refresh] = [newSecret('access'), newSecret('refresh')];
    const refreshUntil = now + REFRESH_MS;
    await query(trx, INSERT, [
      access.hash,
      refresh.hash,
      key.workspace_id,
      key.id,
      isoTime(now + ACCESS_S * 1000),
      isoTime(refreshUntil),
    ]);
    await extendAppKey(trx, key, refreshUntil);
    await registered.markUsed(trx, key.app.client_id);
    return {
      access_token: access.raw,
      token_type: 'Bearer',
      expires_in: ACCESS_S,
      refresh_token: refresh.raw,
      scope: key.app.scope,
    };
  }

  /** Null: refused. What it revokes is committed, so it does not throw. */
  async function rotate(trx: Transaction, hash: Buffer, clientId: string): Promise<TokenResponse | null> {
    const [token] = await query<Row>(trx, LOCK_REFRESH, [hash]);
    const key = token && (await lockAppKey(trx, token));
    if (!token || key?.app.client_id !== clientId) return null;
    const now = clock.now();
    if (token.used_at !== null) {
      await endAppKey(trx, audit, key, { reason: 'refresh_token_reused', atMs: now });
      return null;
    }
    if (Date.parse(token.expires_at) <= now || !isLive(key, now)) return null;
    await query(trx, MARK_USED, [hash, isoTime(now)]);
    return issue(trx, key);
  }

  return {
    issue,

    async refresh(raw, clientId) {
      const hash = hashOf('refresh', raw);
      const response = hash && (await db.transaction((trx) => rotate(trx, hash, clientId)));
      if (!response)
        throw new OAuthError('invalid_grant', 'The refresh token is unknown, used, expired or revoked.');
      return response;
    },

    async revoke(raw, clientId) {
      const hash = hashOf('refresh', raw) ?? hashOf('access', raw);
      if (!hash) return;
      await db.transaction(async (trx) => {
        const [token] = await query<Row>(trx, FIND, [hash]);
        const key = token && (await lockAppKey(trx, token));
        if (!key) return;
        if (key.app.client_id !== clientId)
          throw new OAuthError('invalid_grant', 'The token is that of another app.');
        await endAppKey(trx, audit, key, { reason: 'revoked_by_app', atMs: clock.now() });
      });
    },

    async keyOf(raw) {
      const hash = hashOf('access', raw);
      const [token] = hash ? await db.read<Row>(FIND_ACCESS, [hash, isoTime(clock.now())]) : [];
      return token ? { workspaceId: token.workspace_id, keyId: token.api_key_id } : null;
    },
  };
}
