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
 * @param publicUrl where people reach this installation, or '' for wherever the request went to
 * @param demand `required`: a request that does not say is refused, too
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
 * Whether an Origin is one of this installation: that of its public URL. The host that the request names counts
 * where there is no public URL, or on this machine: anybody can let a name of theirs lead to this server.
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
    // On this machine there is no proxy in front: the scheme is that of the connection.
    const own = `${protocol}://${host}`;
    return LOOPBACK.test(origin) && LOOPBACK.test(own) && webUrl(own)?.origin === from.origin;
  }
  // Plain HTTP may be HTTPS up to a proxy that does not say so; the other way round nobody comes.
  if (protocol === 'https' && from.protocol !== 'https:') return false;
  return webUrl(`${from.protocol}//${host}`)?.host === from.host;
}

function webUrl(text: string): URL | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url && /^https?:$/.test(url.protocol) ? url : null;
}

/** As browsers write it; `URL` would also take 0x7f.1 and 2130706433 for this machine. */
const LOOPBACK = /^https?:\/\/(localhost|127(\.(0|[1-9]\d{0,2})){3}|\[::1\])(:\d{1,5})?$/;
