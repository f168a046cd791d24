import type { Clock } from '../base/clock.ts';
import { ConnectionError } from '../net/connection-failure.ts';
import type { HttpClient, HttpResponse } from '../net/http-client.ts';
import { readMetadata, type OAuthClient } from './oauth-client.ts';
import { OAuthError } from './oauth-error.ts';

/** Client ID Metadata Documents: an app whose id is the URL of a document about itself. */
export interface ClientDocuments {
  /**
   * The app of a document.
   * @param onFetch called before a document is fetched, to limit how often
   * @throws OAuthError invalid_client
   */
  load(url: string, onFetch: () => Promise<void>): Promise<OAuthClient>;
}

/** Twice what the specification recommends. */
const MAX_BYTES = 10 * 1024;
const TIMEOUT_MS = 5_000;
const MAX_CACHED = 500;
const DEFAULT_AGE_S = 300;
const MAX_AGE_S = 3600;

/** Whether an id is that of a document, and not of an app that registered itself. */
export function isDocumentUrl(clientId: string): boolean {
  return clientId.startsWith('https://');
}

/** @param http guarded: a document at a private address is not fetched; redirects are not followed */
export function makeClientDocuments({ http, clock }: { http: HttpClient; clock: Clock }): ClientDocuments {
  const cache = new Map<string, { client: OAuthClient; until: number }>();

  function remember(client: OAuthClient, ageS: number): void {
    if (ageS === 0) return;
    if (cache.size >= MAX_CACHED) cache.delete(cache.keys().next().value!);
    cache.set(client.id, { client, until: clock.now() + ageS * 1000 });
  }

  return {
    async load(url, onFetch) {
      const known = cache.get(url);
      if (known && known.until > clock.now()) return known.client;
      cache.delete(url);
      checkUrl(url);
      await onFetch();
      const response = await fetchDocument(http, url);
      const client = clientOf(url, response);
      remember(client, ageOf(response));
      return client;
    },
  };
}

/** The URL is compared with that in the document as text, so it has to be in its normal form. */
function checkUrl(clientId: string): void {
  const url = URL.canParse(clientId) ? new URL(clientId) : null;
  const isExact =
    url?.href === clientId && url.username === '' && url.password === '' && !clientId.includes('#');
  if (!url || !isExact || url.pathname === '/')
    throw refused('must be an https:// URL in its normal form, with a path and without a fragment');
}

async function fetchDocument(http: HttpClient, url: string): Promise<HttpResponse> {
  try {
    return await http(url, {
      headers: { accept: 'application/json' },
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_BYTES,
    });
  } catch (error) {
    if (error instanceof ConnectionError) throw refused(`could not be fetched: ${error.message}`);
    throw error;
  }
}

function clientOf(url: string, { status, headers, body }: HttpResponse): OAuthClient {
  if (status !== 200) throw refused(`was answered with the status ${status}, not 200`);
  if (!/^application\/(?:[\w.-]+\+)?json\b/i.test(headers['content-type'] ?? ''))
    throw refused('is not sent as application/json');
  const document = parsed(body);
  if (document['client_id'] !== url) throw refused('has another client_id than its URL');
  const method = document['token_endpoint_auth_method'];
  if (
    document['client_secret'] !== undefined ||
    (typeof method === 'string' && method.startsWith('client_secret'))
  )
    throw refused('is public, so it cannot have a secret');
  try {
    return { id: url, ...readMetadata(document), documentHost: new URL(url).host };
  } catch (error) {
    if (error instanceof OAuthError) throw refused(`is not valid: ${error.message}`);
    throw error;
  }
}

function parsed(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // The same error as for other JSON.
  }
  throw refused('is not a JSON object');
}

/** How long a document may be remembered, in seconds, by its Cache-Control. */
function ageOf({ headers }: HttpResponse): number {
  const control = headers['cache-control'] ?? '';
  if (/\bno-(store|cache)\b/i.test(control)) return 0;
  const age = /\bmax-age=(\d{1,9})\b/i.exec(control)?.[1];
  return age === undefined ? DEFAULT_AGE_S : Math.min(Number(age), MAX_AGE_S);
}

function refused(why: string): OAuthError {
  return new OAuthError('invalid_client', `The metadata document of the app (client_id) ${why}.`);
}
