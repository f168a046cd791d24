import { parseCookie, stringifySetCookie } from 'cookie';
import type { FastifyRequest } from 'fastify';
import { ApiError } from '../base/errors.ts';

const NAME = 'fairlead_session';
/** As long as browsers keep a cookie: how long a session lasts, the server says (account/session.ts). */
const LONGEST_S = 400 * 24 * 3600;

/** The token of a signed-in browser, or null. */
export function sessionToken(header: string | undefined): string | null {
  if (header === undefined || !header.includes(NAME)) return null;
  const token = parseCookie(header)[NAME];
  return token !== undefined && /^[\w-]{43}$/.test(token) ? token : null;
}

/** `Set-Cookie` for a new session: not for scripts, not for other sites' forms, and over HTTPS only where there is. */
export function sessionCookie(token: string, secure: boolean): Record<string, string> {
  return { 'set-cookie': serialized(token, LONGEST_S, secure) };
}

/** `Set-Cookie` that takes it away. */
export function noSessionCookie(secure: boolean): Record<string, string> {
  return { 'set-cookie': serialized('', 0, secure) };
}

function serialized(value: string, maxAge: number, secure: boolean): string {
  return stringifySetCookie(NAME, value, { path: '/', httpOnly: true, sameSite: 'lax', maxAge, secure });
}

/**
 * A browser says which site's page makes a request. Throws `forbidden` where it is another than ours.
 * @param demand `required`: a request that does not say is refused, too
 */
export function checkOrigin(
  request: FastifyRequest,
  publicUrl: string,
  demand: 'required' | 'optional',
): void {
  const { origin } = request.headers;
  if (origin === undefined && demand === 'optional') return;
  if (origin !== undefined && isOurs(origin, request.host, publicUrl)) return;
  throw new ApiError('forbidden', 'This request does not come from a page of this installation (Origin).');
}

/** Whether an Origin is one of this installation. */
export function isOurs(origin: string, host: string, publicUrl: string): boolean {
  if (!URL.canParse(origin)) return false;
  const from = new URL(origin);
  return (publicUrl !== '' && from.origin === new URL(publicUrl).origin) || from.host === host.toLowerCase();
}
