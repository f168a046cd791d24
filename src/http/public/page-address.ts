import { invalid } from '../../base/errors.ts';

/** The settings of a page that become headers. */
export interface PageAddresses {
  /** Where visitors are redirected to after sending. */
  redirect_url: string | null;
  /** The sites that may embed the page and send it as JSON. */
  allowed_origins: string[];
}

/**
 * A host as the URL parser returns it, in ASCII. The parser accepts `*`, `;`, `,` and quotes, which have a meaning of
 * their own in a Content-Security-Policy.
 */
const EXACT_HOST = /^(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\])$/;

/** Percent-encoded: proxies limit headers to 8 KiB. */
const MAX_URL_LENGTH = 6000;

/** A URL with one exact host and no credentials; otherwise undefined. */
export function exactUrl(text: string): URL | undefined {
  if (!URL.canParse(text) || text.includes('\0') || !text.isWellFormed()) return undefined;
  const url = new URL(text);
  return EXACT_HOST.test(url.hostname) && url.username === '' && url.password === '' ? url : undefined;
}

/** An origin as browsers send it, in ASCII; otherwise undefined. */
function exactOrigin(text: string): string | undefined {
  const url = /[\s?#]/.test(text) ? undefined : exactUrl(text);
  return url && /^https?:$/.test(url.protocol) && url.pathname === '/' ? url.origin : undefined;
}

/** An https:// URL in ASCII, valid in a header; otherwise undefined. */
function httpsUrl(text: string): string | undefined {
  const url = exactUrl(text);
  return url?.protocol === 'https:' ? url.href : undefined;
}

/**
 * Settings with their URLs and origins in the form that headers need. Throws `validation_error` for invalid ones, unless
 * the page has them already: 0.1.0 accepted `https://*`, and a client may send back what it read.
 */
export function withExactAddresses<Settings extends Partial<PageAddresses>>(
  settings: Settings,
  current?: PageAddresses,
): Settings {
  const { redirect_url: url, allowed_origins: origins } = settings;
  return {
    ...settings,
    ...(typeof url === 'string' && url !== current?.redirect_url && { redirect_url: checkedUrl(url) }),
    ...(origins && {
      allowed_origins: [
        ...new Set(
          origins.map((item, at) =>
            current?.allowed_origins.includes(item) ? item : checkedOrigin(item, `allowed_origins.${at}`),
          ),
        ),
      ],
    }),
  };
}

function checkedUrl(text: string): string {
  const url = httpsUrl(text);
  if (url === undefined)
    throw invalid('redirect_url', 'must be an https:// URL with one exact host and no credentials');
  if (url.length > MAX_URL_LENGTH)
    throw invalid('redirect_url', `must have at most ${MAX_URL_LENGTH} characters, percent-encoded`);
  return url;
}

function checkedOrigin(text: string, field: string): string {
  const origin = exactOrigin(text);
  if (origin === undefined)
    throw invalid(field, 'must be an origin with one exact host, as in https://www.example.com');
  return origin;
}

/** A page for visitors, without URLs and origins that are unsafe in headers: 0.1.0 accepted some. */
export function withSafeAddresses<Page extends PageAddresses>(page: Page): Page {
  return {
    ...page,
    redirect_url: page.redirect_url === null ? null : (httpsUrl(page.redirect_url) ?? null),
    allowed_origins: page.allowed_origins.flatMap((item) => exactOrigin(item) ?? []),
  };
}
