import type { Uuid } from '../../base/id.ts';

/** Bytes of the secret in a token. */
export const SECRET_BYTES = 24;
const TOKEN = /^[\w-]{75}$/;
/** The shortest URL of an inbox: `http://`, a host, `/inbox/` and the token. */
const MIN_URL_LENGTH = 'http://h/inbox/'.length + 75;

/** Two ids, so that the inbox is looked up within its workspace, and a secret that nobody can guess. */
export function makeToken(workspaceId: Uuid, { id, secret }: { id: Uuid; secret: string }): string {
  const ids = Buffer.from((workspaceId + id).replaceAll('-', ''), 'hex');
  return Buffer.concat([ids, Buffer.from(secret, 'base64url')]).toString('base64url');
}

export function readToken(token: string): { workspaceId: Uuid; id: Uuid; secret: string } | null {
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length !== 32 + SECRET_BYTES || bytes.toString('base64url') !== token) return null;
  const uuid = (from: number) =>
    bytes.toString('hex', from, from + 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return { workspaceId: uuid(0), id: uuid(16), secret: bytes.toString('base64url', 32) };
}

/**
 * The token of a URL that leads to an inbox of the installation at `base`, however it is spelled: a host in capitals,
 * an explicit default port, dots or escapes in the path. Null for any other URL, and for one with a fragment or a
 * user. This is called for every delivery, so the length is checked first.
 */
export function tokenInUrl(base: string, url: string): string | null {
  if (url.length < MIN_URL_LENGTH || url.includes('#') || !URL.canParse(url)) return null;
  const read = new URL(url);
  const own = new URL(`${base}/inbox/`);
  if (read.username !== '' || read.password !== '' || originOf(read) !== originOf(own)) return null;
  const path = decoded(read.pathname);
  if (!path.startsWith(own.pathname)) return null;
  const token = path.slice(own.pathname.length);
  return TOKEN.test(token) ? token : null;
}

/** A dot at the end of a host name does not change where it leads. */
function originOf({ protocol, hostname, port }: URL): string {
  return `${protocol}//${hostname.replace(/\.$/, '')}:${port}`;
}

/** Decodes a path as the router does: escaped slashes stay escaped. */
function decoded(pathname: string): string {
  if (!pathname.includes('%')) return pathname;
  try {
    return decodeURI(pathname);
  } catch {
    return pathname;
  }
}
