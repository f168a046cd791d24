import type { FastifyRequest } from 'fastify';
import type { Caller, Callers } from '../account/caller.ts';
import { termsOf } from '../account/plan.ts';
import type { Sessions } from '../account/session.ts';
import { ApiError } from '../base/errors.ts';
import { rateLimited } from './rate-limit.ts';
import { checkOrigin, sessionToken } from './session-cookie.ts';

/** The raw key of a request: `Authorization: Bearer …`, else `X-API-Key` (RX1). */
export function rawKey(headers: FastifyRequest['headers']): string | null {
  const { authorization } = headers;
  if (authorization !== undefined) {
    return /^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? null;
  }
  const key = headers['x-api-key'];
  return typeof key === 'string' ? key.trim() : null;
}

/**
 * Returns the caller: the owner of the API key or, without a key, the signed-in user. Throws `unauthorized`,
 * `api_key_expired`, or `forbidden` for a cross-site change.
 * @param publicUrl the public URL of this installation; '' means the host of the request
 */
export async function authenticate(
  { callers, sessions, publicUrl }: { callers: Callers; sessions: Sessions; publicUrl: string },
  request: FastifyRequest,
): Promise<Caller> {
  const { headers } = request;
  const raw = rawKey(headers);
  if (raw !== null) return callers.authenticate(raw);
  const token = headers.authorization === undefined ? sessionToken(headers.cookie) : null;
  if (token === null) throw new ApiError('unauthorized', 'Send an API key: Authorization: Bearer <key>.');
  if (request.method !== 'GET' && request.method !== 'HEAD') checkOrigin(request, publicUrl, 'required');
  return sessions.authenticate(token);
}

/** Whether the caller may proceed: `admit` would not throw. */
export function isAdmitted(caller: Caller, scope: string | null): boolean {
  return (
    (caller.via.kind !== 'api_key' || termsOf(caller.plan).api) &&
    caller.quota.granted &&
    (scope === null || caller.may(scope))
  );
}

/** Throws if the caller may not proceed: `forbidden` by the plan, `rate_limited`, `forbidden` by the scope. */
export function admit(caller: Caller, scope: string | null): void {
  if (isAdmitted(caller, scope)) return;
  // Plans limit API keys, not signed-in users.
  if (caller.via.kind === 'api_key' && !termsOf(caller.plan).api)
    throw new ApiError('forbidden', `The plan ${caller.plan} has no API access.`);
  if (!caller.quota.granted) throw rateLimited(caller.quota);
  requireScopes(caller, scope === null ? [] : [scope]);
}

/** Throws `forbidden` if the caller lacks one of these scopes: for routes that do what several scopes allow. */
export function requireScopes(caller: Caller, scopes: readonly string[]): void {
  const lacking = scopes.filter((scope) => !caller.may(scope));
  if (lacking.length === 0) return;
  const lacks = caller.via.kind === 'api_key' ? 'This key lacks' : `Your role (${caller.role}) lacks`;
  throw new ApiError(
    'forbidden',
    `${lacks} the scope${lacking.length > 1 ? 's' : ''} ${lacking.join(', ')}.`,
  );
}
