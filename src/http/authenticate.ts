import type { FastifyRequest } from 'fastify';
import type { Caller, Callers } from '../account/caller.ts';
import { allows } from '../account/scope.ts';
import { termsOf } from '../account/plan.ts';
import { ApiError } from '../base/errors.ts';
import { rateLimited } from './rate-limit.ts';

/** The raw key of a request: `Authorization: Bearer …`, else `X-API-Key` (contracts RX1). */
function rawKey(headers: FastifyRequest['headers']): string | null {
  const { authorization } = headers;
  if (authorization !== undefined) {
    return /^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? null;
  }
  const key = headers['x-api-key'];
  return typeof key === 'string' ? key.trim() : null;
}

/** Who makes this request. Throws `unauthorized` or `api_key_expired`. */
export async function authenticate(callers: Callers, headers: FastifyRequest['headers']): Promise<Caller> {
  const raw = rawKey(headers);
  if (raw === null) {
    throw new ApiError('unauthorized', 'Send an API key: Authorization: Bearer <key>.');
  }
  return callers.authenticate(raw);
}

/** Throws where this request must not go on: `forbidden` by the plan, `rate_limited`, `forbidden` by the scope. */
export function admit(caller: Caller, scope: string | null): void {
  if (!termsOf(caller.plan).api) {
    throw new ApiError('forbidden', `The plan ${caller.plan} has no API access.`);
  }
  if (!caller.quota.granted) throw rateLimited(caller.quota);
  if (scope !== null && !allows(caller.scopes, scope)) {
    throw new ApiError('forbidden', `This key lacks the scope ${scope}.`);
  }
}
