import type { PageAddresses } from './page-address.ts';

export interface PageAccess {
  /** Its scripts call this installation, as a booking page does for free times. */
  mayFetch?: boolean;
}

/**
 * The headers of a public page. It loads only its own files, and nothing inline. Its sites and the dashboard may frame it.
 * The redirect URL is listed because browsers apply form-action to redirects too. The referrer policy sends the origin:
 * with `no-referrer`, browsers send forms with `Origin: null`.
 * @param page null for a page without addresses of its own, such as an error
 */
export function pageHeaders(
  page: PageAddresses | null,
  { mayFetch = false }: PageAccess = {},
): Record<string, string> {
  const redirect = page?.redirect_url ? ` ${new URL(page.redirect_url).origin}` : '';
  const sites = page?.allowed_origins.map((origin) => ` ${origin}`).join('') ?? '';
  return {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      "worker-src 'self'",
      ...(mayFetch ? ["connect-src 'self'"] : []),
      `form-action 'self'${redirect}`,
      "base-uri 'none'",
      `frame-ancestors 'self'${sites}`,
    ].join('; '),
    'referrer-policy': 'strict-origin',
    'x-content-type-options': 'nosniff',
  };
}
