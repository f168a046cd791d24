import type { FastifyRequest } from 'fastify';
import type { ApiKeys, Caller } from '../account/api-key.ts';
import { allows } from '../account/scope.ts';
import { ApiError } from '../base/errors.ts';

/** The raw key of a request: `Authorization: Bearer …`, else `X-API-Key` (contracts RX1). */
function rawKey(headers: FastifyRequest['headers']): string | null {
  const { authorization } = headers;
  if (authorization !== undefined) {
    return /^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? null;
  }
  const key = headers['x-api-key'];
  return typeof key === 'string' ? key.trim() : null;
}

/** Who makes this request. Throws `unauthorized`, `api_key_expired`, or `forbidden` without the scope. */
export async function authenticate(
  keys: ApiKeys,
  headers: FastifyRequest['headers'],
  scope: string | null,
): Promise<Caller> {
  const raw = rawKey(headers);
  if (raw === null) {
    throw new ApiError('unauthorized', 'Send an API key: Authorization: Bearer <key>.');
  }
  const caller = await keys.authenticate(raw);
  if (scope !== null && !allows(caller.scopes, scope)) {
    throw new ApiError('forbidden', `This key lacks the scope ${scope}.`);
  }
  return caller;
}
