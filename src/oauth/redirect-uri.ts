import { exactUrl } from '../http/public/page-address.ts';

/** Anyone may register an app, so its row is small. */
const MAX_LENGTH = 1000;
const PRINTABLE = /^[\x21-\x7e]+$/;

/**
 * Why a URI cannot be one that people are sent back to, as the predicate of a sentence; null if it can. Schemes of programs,
 * such as `cursor:`, are refused as MCP says: any program can claim them.
 */
export function redirectUriProblem(text: string): string | null {
  if (text.length > MAX_LENGTH) return `must have at most ${MAX_LENGTH} characters`;
  const url = PRINTABLE.test(text) ? exactUrl(text) : undefined;
  if (!url) return 'must be a URL with one exact host and no credentials';
  if (text.includes('#')) return 'must not have a fragment';
  if (url.protocol === 'https:' || isLoopback(url)) return null;
  return 'must begin with https://, or with http:// and the name or address of the computer of the app itself';
}

/** Whether it leads to a program on the computer of the person. */
export function isLoopback({ protocol, hostname }: URL): boolean {
  return (
    protocol === 'http:' && (hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]')
  );
}

/**
 * Whether an app may use a redirect URI: it is exactly one of its own. On loopback any port is right, since the program gets
 * a free one each time it starts (RFC 8252, section 7.3).
 */
export function isOwnRedirect(own: readonly string[], requested: string): boolean {
  if (own.includes(requested)) return true;
  if (redirectUriProblem(requested) !== null) return false;
  const url = new URL(requested);
  return (
    isLoopback(url) &&
    own.some((item) => isLoopback(new URL(item)) && withoutPort(item) === withoutPort(requested))
  );
}

function withoutPort(uri: string): string {
  const url = new URL(uri);
  url.port = '';
  return url.href;
}

/** A redirect URI with parameters; what it has stays as it is. */
export function withParameters(uri: string, parameters: Readonly<Record<string, string>>): string {
  return `${uri}${uri.includes('?') ? '&' : '?'}${new URLSearchParams(parameters).toString()}`;
}

/** The source for `form-action` in a Content-Security-Policy. It has no form for addresses of IPv6. */
export function policySource(uri: string): string {
  const { origin, hostname, protocol } = new URL(uri);
  return hostname.startsWith('[') ? protocol : origin;
}
