import type { Uuid } from '../base/id.ts';
import { isoTime, type Clock } from '../base/clock.ts';
import { ApiError } from '../base/errors.ts';
import type { AgentLimits } from '../account/agent-limits.ts';
import type { ApiKeys } from '../account/api-key.ts';
import type { Audit } from '../account/audit.ts';
import type { Authorities } from '../account/authority.ts';
import { FAIRLEAD_KEY } from '../account/key-style.ts';
import { termsOf } from '../account/plan.ts';
import type { Scopes } from '../account/scope.ts';
import type { Database } from '../db/pool.ts';
import { query, type Transaction } from '../db/query.ts';
import type { AuthorizationRequest } from './authorization-request.ts';
import { CODE_MS, type AuthorizationCodes } from './authorization-code.ts';
import { OAuthError } from './oauth-error.ts';
import { keyScopes, withIncluded, type OAuthScope } from './oauth-scope.ts';

/** What a person allows. */
export interface Consent {
  userId: Uuid;
  workspaceId: Uuid;
  scope: readonly OAuthScope[];
  writesPerHour: number;
  /** Groups of record scopes; null: all records. */
  objects: string[] | null;
}

export interface ConsentParts {
  db: Database;
  clock: Clock;
  audit: Audit;
  authorities: Authorities;
  keys: ApiKeys;
  scopes: Scopes;
  codes: AuthorizationCodes;
}

const PLAN = { name: 'oauth.plan', text: 'select plan from workspace where id = $1' };

/**
 * Makes the key of an app as a person allows it, and its code. The key expires with the code, unless the app comes for its
 * tokens.
 * @throws ApiError forbidden if the person is not a member, or the plan has no API; `limit_reached`
 * @throws OAuthError invalid_scope if the person may do nothing of it
 */
export async function authorizeApp(
  parts: ConsentParts,
  { client, redirectUri, challenge, scope: requested }: AuthorizationRequest,
  { userId, workspaceId, scope: chosen, writesPerHour, objects }: Consent,
): Promise<string> {
  const { clock, keys, codes, audit } = parts;
  // Never more than the app asked for.
  const granted = withIncluded(chosen.filter((name) => requested.includes(name)));
  const by = { workspaceId, actor: `user:${userId}` };
  const scopes = keyScopes(parts.scopes, granted, await rightsOf(parts, by));
  if (scopes.length === 0)
    throw new OAuthError('invalid_scope', 'You may do nothing of this in the workspace.');
  const agent: AgentLimits = {
    writes_per_hour: writesPerHour,
    deletes: granted.includes('delete'),
    objects,
  };
  const app = {
    client_id: client.id,
    name: client.name,
    host: new URL(redirectUri).host,
    scope: granted.join(' '),
  };
  const expiresAt = isoTime(clock.now() + CODE_MS);
  const key = { workspaceId, name: client.name, style: FAIRLEAD_KEY.name, scopes, expiresAt, agent, app };
  let code = '';
  await keys.create({ ...key, createdBy: by.actor, makerId: userId }, async (trx, { key: made }) => {
    await checkPlan(trx, workspaceId);
    code = await codes.make(trx, made, { redirectUri, challenge });
    const details = { name: made.name, scopes, kind: 'agent', budget: agent, app };
    await audit.record(trx, by, {
      action: 'api_key.created',
      objectType: 'api_key',
      objectId: made.id,
      details,
    });
  });
  return code;
}

async function rightsOf(
  { db, authorities }: ConsentParts,
  by: { workspaceId: Uuid; actor: string },
): Promise<(scope: string) => boolean> {
  const found = (await authorities.list(db.pool, by.workspaceId, [by.actor])).get(by.actor);
  if (!found) throw new ApiError('forbidden', 'You are not a member of this workspace.');
  return found.may;
}

async function checkPlan(trx: Transaction, workspaceId: Uuid): Promise<void> {
  const [row] = await query<{ plan: string }>(trx, PLAN, [workspaceId]);
  if (!termsOf(row!.plan).api)
    throw new ApiError('forbidden', `The plan ${row!.plan} of the workspace has no API access.`);
}
