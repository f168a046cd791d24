import { parseCookie, stringifySetCookie } from 'cookie';
import type { FastifyRequest } from 'fastify';
import { ApiError } from '../base/errors.ts';

const NAME = 'fairlead_session';
/** The maximum that browsers keep a cookie; the server determines the session's lifetime (account/session.ts). */
const MAX_AGE_S = 400 * 24 * 3600;

/** The session token of a signed-in browser, or null. */
export function sessionToken(header: string | undefined): string | null {
  if (header === undefined || !header.includes(NAME)) return null;
  const token = parseCookie(header)[NAME];
  return token !== undefined && /^[\w-]{43}$/.test(token) ? token : null;
}

/** `Set-Cookie` for a new session: hidden from scripts, not sent by other sites' forms, HTTPS only if available. */
export function sessionCookie(token: string, secure: boolean): Record<string, string> {
  return { 'set-cookie': serialized(token, MAX_AGE_S, secure) };
}

/** `Set-Cookie` that deletes the session cookie. */
export function noSessionCookie(secure: boolean): Record<string, string> {
  return { 'set-cookie': serialized('', 0, secure) };
}

function serialized(value: string, maxAge: number, secure: boolean): string {
  return stringifySetCookie(NAME, value, { path: '/', httpOnly: true, sameSite: 'lax', maxAge, secure });
}

/**
 * Checks which site's page makes a request, as the browser reports it. Throws `forbidden` for another site.
 * @param publicUrl the public URL of this installation; '' means the host of the request
 * @param demand `required`: a request without Origin is rejected too
 */
export function checkOrigin(
  request: FastifyRequest,
  publicUrl: string,
  demand: 'required' | 'optional',
): void {
  const { origin } = request.headers;
  if (origin === undefined && demand === 'optional') return;
  if (origin !== undefined && isOurs(origin, request, publicUrl)) return;
  const where = publicUrl === '' ? '' : ` Its pages are at ${publicUrl}.`;
  throw new ApiError(
    'forbidden',
    `This request does not come from a page of this installation (Origin).${where}`,
  );
}

/**
 * Whether an Origin belongs to this installation, by its public URL. The request's Host counts only if there is no
 * public URL, or on loopback: anyone can point a domain at this server.
 */
export function isOurs(
  origin: string,
  { host, protocol }: Pick<FastifyRequest, 'host' | 'protocol'>,
  publicUrl: string,
): boolean {
  const from = webUrl(origin);
  if (from === null) return false;
  if (publicUrl !== '') {
    if (from.origin === new URL(publicUrl).origin) return true;
    // On loopback there is no proxy: the scheme is that of the connection.
    const own = `${protocol}://${host}`;
    return LOOPBACK.test(origin) && LOOPBACK.test(own) && webUrl(own)?.origin === from.origin;
  }
  // Plain HTTP may be HTTPS up to a proxy that does not report it; the reverse does not occur.
  if (protocol === 'https' && from.protocol !== 'https:') return false;
  return webUrl(`${from.protocol}//${host}`)?.host === from.host;
}

function webUrl(text: string): URL | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url && /^https?:$/.test(url.protocol) ? url : null;
}

/** As browsers write it; `URL` would also accept 0x7f.1 and 2130706433 as loopback. */
const LOOPBACK = /^https?:\/\/(localhost|127(\.(0|[1-9]\d{0,2})){3}|\[::1\])(:\d{1,5})?$/;
