import { createHash, createHmac } from 'node:crypto';
import { parse, stringify } from 'node:querystring';
import { sameBytes } from '../../base/hmac.ts';
import type { InboundForm } from '../../connections/connection-kind.ts';

/** What Twilio signed, as it was received. */
export interface SignedRequest {
  /** The public URL, its query byte for byte. */
  url: string;
  header: string | undefined;
  form: InboundForm | null;
  rawBody: Buffer;
}

const MISSING = 'X-Twilio-Signature is missing: the request may not come from Twilio.';
const BODY_CHANGED = 'The body is not the one that bodySHA256 in the URL was made of.';

/**
 * Verifies X-Twilio-Signature: Base64 of HMAC-SHA1 over the URL and the sorted parameters of the form, by the account's
 * auth token. A body that is no form is signed by `bodySHA256` in the URL instead.
 * See https://www.twilio.com/docs/usage/security#validating-requests
 * @returns why it does not match, null if it does
 */
export function verifyTwilioSignature(request: SignedRequest, token: string): string | null {
  const { header, form, rawBody } = request;
  const bodyHash = /[?&]bodySHA256=([^&#]*)/.exec(request.url)?.[1];
  const parameters = form === null ? '' : signedParameters(form);
  const signature = Buffer.from(header ?? '');
  // Every form of the URL is tried, so that the time does not depend on which one matches.
  const matching = urlForms(request.url).filter((url) =>
    sameBytes(signature, Buffer.from(twilioSignature(token, url + parameters))),
  );
  if (header === undefined || header === '') return MISSING;
  if (matching.length === 0)
    return `X-Twilio-Signature was not made for ${withoutQuery(request.url)} by this auth token. ${WHY}`;
  if (form !== null || (bodyHash === undefined && rawBody.length === 0)) return null;
  const own = createHash('sha256').update(rawBody).digest('hex');
  return bodyHash?.toLowerCase() === own ? null : BODY_CHANGED;
}

const WHY =
  'Compare the URL with the one that is set at Twilio, also http and https; a proxy must not reorder or change the query.';

/** The signature of a URL with its parameters. */
export function twilioSignature(token: string, signed: string): string {
  return createHmac('sha1', token).update(signed, 'utf8').digest('base64');
}

/** Names in the order of their code units, each followed by its values: once each, and sorted too. */
export function signedParameters(form: InboundForm): string {
  return Object.keys(form)
    .toSorted(byCodeUnits)
    .map((name) =>
      valuesOf(form[name]!)
        .map((value) => name + value)
        .join(''),
    )
    .join('');
}

function valuesOf(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : [...new Set(value)].toSorted(byCodeUnits);
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The forms in which Twilio may have signed a URL: with and without its port, and with a query that older systems of
 * theirs encode again.
 */
function urlForms(url: string): string[] {
  const plain = url.replace(/#.*$/s, '');
  const queries = [plain, encodedAgain(plain)];
  return [...new Set(queries.flatMap((item) => [item, withoutPort(item), withPort(item)]))];
}

const AUTHORITY = /^(https?):\/\/([^/?#]*@)?(\[[^\]]*\]|[^:/?#]*)(:\d+)?/;

function withoutPort(url: string): string {
  return url.replace(
    AUTHORITY,
    (_all, scheme: string, user: string | undefined, host: string) => `${scheme}://${user ?? ''}${host}`,
  );
}

function withPort(url: string): string {
  return url.replace(
    AUTHORITY,
    (_all, scheme: string, user: string | undefined, host: string, port: string | undefined) =>
      `${scheme}://${user ?? ''}${host}${port ?? (scheme === 'https' ? ':443' : ':80')}`,
  );
}

/** As Node's `querystring` encodes the query. */
function encodedAgain(url: string): string {
  const at = url.indexOf('?');
  return at < 0 ? url : `${url.slice(0, at)}?${stringify(parse(url.slice(at + 1)))}`;
}

function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, '');
}
