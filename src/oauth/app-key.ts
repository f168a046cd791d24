import { isoTime } from '../base/clock.ts';
import type { Uuid } from '../base/id.ts';
import type { Audit } from '../account/audit.ts';
import type { KeyApp } from '../account/authorized-app.ts';
import type { Role } from '../account/role.ts';
import { query, type Transaction } from '../db/query.ts';

/** The key of an app, locked. */
export interface AppKey {
  workspace_id: Uuid;
  id: Uuid;
  name: string;
  prefix: string;
  scopes: string[];
  expires_at: string;
  revoked_at: string | null;
  app: KeyApp;
  /** The role of the person who authorised it; null if they have left. */
  role: Role | null;
}

const LOCK = {
  name: 'oauth-key.lock',
  text: `select k.workspace_id, k.id, k.name, k.prefix, k.scopes, k.expires_at, k.revoked_at, k.app,
           (select m.role from member m where m.workspace_id = k.workspace_id and m.user_id = k.maker_id) as role
         from api_key k where k.workspace_id = $1 and k.id = $2 and k.app is not null for no key update`,
};

const EXTEND = {
  name: 'oauth-key.extend',
  text: 'update api_key set expires_at = $3 where workspace_id = $1 and id = $2',
};

const REVOKE = {
  name: 'oauth-key.revoke',
  text: 'update api_key set revoked_at = $3 where workspace_id = $1 and id = $2',
};

/** The key of a code or a token, locked until the transaction ends; undefined if it was deleted. */
export async function lockAppKey(
  trx: Transaction,
  { workspace_id: workspaceId, api_key_id: id }: { workspace_id: Uuid; api_key_id: Uuid },
): Promise<AppKey | undefined> {
  return (await query<AppKey>(trx, LOCK, [workspaceId, id]))[0];
}

/** Whether it may still be used: it is not revoked, the authorisation has not ended, and its person is a member. */
export function isLive(
  { revoked_at: revokedAt, expires_at: expiresAt, role }: AppKey,
  nowMs: number,
): boolean {
  return revokedAt === null && role !== null && Date.parse(expiresAt) > nowMs;
}

/** @param untilMs milliseconds since 1970 */
export async function extendAppKey(
  trx: Transaction,
  { workspace_id, id }: AppKey,
  untilMs: number,
): Promise<void> {
  await query(trx, EXTEND, [workspace_id, id, isoTime(untilMs)]);
}

/** Why the server ended an authorisation. Stored in the audit log. */
export type EndReason = 'revoked_by_app' | 'code_reused' | 'refresh_token_reused';

/** Ends an authorisation with all of its tokens, if it has not ended. */
export async function endAppKey(
  trx: Transaction,
  audit: Audit,
  { workspace_id: workspaceId, id, name, prefix, scopes, revoked_at: revokedAt, app }: AppKey,
  { reason, atMs }: { reason: EndReason; atMs: number },
): Promise<void> {
  if (revokedAt !== null) return;
  await query(trx, REVOKE, [workspaceId, id, isoTime(atMs)]);
  await audit.record(
    trx,
    { workspaceId, actor: `api_key:${id}` },
    {
      action: 'api_key.revoked',
      objectType: 'api_key',
      objectId: id,
      details: { name, prefix, scopes, app, reason },
    },
  );
}
