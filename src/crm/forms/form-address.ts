import { invalid } from '../../base/errors.ts';
import type { Form, FormSettings } from './form.ts';

/**
 * What the URL parser leaves of a host, in ASCII. The parser lets `*`, `;`, `,` and quotes through, which mean something
 * else in a Content-Security-Policy.
 */
const EXACT_HOST = /^(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\])$/;

/** Percent-encoded: proxies take headers of 8 KiB. */
const MAX_URL_LENGTH = 6000;

/** A URL with one exact host and no credentials; undefined where the text is none. */
function exactUrl(text: string): URL | undefined {
  if (!URL.canParse(text) || text.includes('\0') || !text.isWellFormed()) return undefined;
  const url = new URL(text);
  return EXACT_HOST.test(url.hostname) && url.username === '' && url.password === '' ? url : undefined;
}

/** An origin as browsers send it, in ASCII; undefined where the text is not exactly one. */
function exactOrigin(text: string): string | undefined {
  const url = /[\s?#]/.test(text) ? undefined : exactUrl(text);
  return url && /^https?:$/.test(url.protocol) && url.pathname === '/' ? url.origin : undefined;
}

/** An https:// URL in ASCII, as a header takes it; undefined where the text is none. */
function httpsUrl(text: string): string | undefined {
  const url = exactUrl(text);
  return url?.protocol === 'https:' ? url.href : undefined;
}

/**
 * Settings with their addresses as headers take them. Throws `validation_error` for one that is none, unless the form
 * has it already: 0.1.0 took `https://*`, and what was read can be sent back.
 */
export function withExactAddresses(
  settings: Partial<FormSettings>,
  current?: Pick<Form, 'redirect_url' | 'allowed_origins'>,
): Partial<FormSettings> {
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

/** A form as visitors meet it, without addresses that no header may hold: 0.1.0 took some. */
export function withSafeAddresses(form: Form): Form {
  return {
    ...form,
    redirect_url: form.redirect_url === null ? null : (httpsUrl(form.redirect_url) ?? null),
    allowed_origins: form.allowed_origins.flatMap((item) => exactOrigin(item) ?? []),
  };
}
