import { DnsError } from '../../net/dns-lookup.ts';

/** Every way in which an attempt fails, and what it means. The only table; the delivery log shows the names. */
export const FAILURES = {
  bad_url: 'The URL cannot be called.',
  bad_request: 'A header or the body breaks HTTP; nothing was sent.',
  dns_failed: 'The host name has no address, or DNS did not answer.',
  blocked_address: 'The host is not public, and the operator has not opened its address.',
  refused: 'Nothing listens at that address and port.',
  network: 'There is no route to that address.',
  tls_failed: 'The certificate is not valid for the host, or the TLS handshake failed.',
  timeout: 'There was no answer in time.',
  reset: 'The connection broke before there was an answer.',
  bad_response: 'The answer is not HTTP.',
  too_large: 'The headers of the answer are larger than 256 KiB.',
  status_3xx: 'A redirect; redirects are never followed.',
  status_4xx: 'The receiver refused it.',
  status_5xx: 'The receiver failed.',
  cancelled: 'The process stopped before there was an answer; this says nothing about the receiver.',
} as const;

export type Failure = keyof typeof FAILURES;

/** The result of one attempt. */
export interface Outcome {
  /** True for a 2xx, and for nothing else. */
  ok: boolean;
  failure: Failure | null;
  /** The final status; null if no complete head of an answer arrived. It decides, whatever happens to the body. */
  status: number | null;
  /** What exactly went wrong, in a few words and without secrets. */
  detail: string | null;
  /** The first 1,000 characters of the answer, safe for PostgreSQL; null if there was none. */
  responseBody: string | null;
  /** How long the receiver asks the sender to wait, at most 24 hours. */
  retryAfterMs: number | null;
  durationMs: number;
}

/** A failure on the way to an outcome, thrown by code that already knows its name. */
export class SendError extends Error {
  override readonly name = 'SendError';
  readonly failure: Failure;

  constructor(failure: Failure, detail: string) {
    super(detail);
    this.failure = failure;
  }
}

/** The failure of a final status; null for success. */
export function statusFailure(status: number): Failure | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) return 'status_3xx';
  if (status >= 400 && status < 500) return 'status_4xx';
  return status >= 500 && status < 600 ? 'status_5xx' : 'bad_response';
}

/** Codes of Node; codes of OpenSSL are recognised by their prefix. */
const BY_CODE: Record<string, readonly [Failure, string]> = {
  ECONNREFUSED: ['refused', 'the connection was refused'],
  ECONNRESET: ['reset', 'the receiver reset the connection'],
  EPIPE: ['reset', 'the receiver closed the connection during the request'],
  ECONNABORTED: ['reset', 'the connection was aborted'],
  ETIMEDOUT: ['timeout', 'the network gave up on the connection'],
  EHOSTUNREACH: ['network', 'no route to the host'],
  ENETUNREACH: ['network', 'no route to the network'],
  EADDRNOTAVAIL: ['network', 'this machine has no address to send from'],
  EMFILE: ['network', 'this machine has no file descriptor left for a connection'],
};

/** After the handshake: a receiver that requires a client certificate says so only then (TLS 1.3). */
const TLS_CODE = /^(ERR_TLS_|ERR_SSL_|EPROTO$)/;

/** Names what was thrown. An unknown error is `network`, with its code. */
export function explain(error: unknown): { failure: Failure; detail: string } {
  if (error instanceof SendError) return { failure: error.failure, detail: error.message };
  if (error instanceof DnsError) return { failure: 'dns_failed', detail: error.message };
  const { code = '' } = error as { code?: string };
  const known = BY_CODE[code];
  if (known) return { failure: known[0], detail: known[1] };
  if (TLS_CODE.test(code)) return { failure: 'tls_failed', detail: explainTls(error as Error) };
  return { failure: 'network', detail: `the connection failed (${code || 'no code'})` };
}

/** OpenSSL's own reason if there is one: its message contains source files and lines. */
export function explainTls(error: Error & { code?: string; reason?: string }): string {
  if (error.code === 'EPROTO' || error.code?.startsWith('ERR_SSL_')) return error.reason ?? error.code;
  // The names in a certificate come from the receiver.
  return error.message.slice(0, 200).replace(/[^\x20-\x7e]/g, '?');
}

const KEPT_CHARACTERS = 1_000;
/** Enough bytes for 1,000 characters in any case. */
export const KEPT_BYTES = 4_096;

/**
 * The text of an answer as UTF-8, with U+FFFD for invalid bytes and for NUL, which PostgreSQL does not store. It is
 * cut between characters, so that no surrogate pair is split.
 */
export function responseText(chunks: readonly Buffer[]): string {
  if (chunks.length === 0) return '';
  const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  const text = bytes.toString('utf8', 0, KEPT_BYTES).replaceAll('\0', '\ufffd');
  return text.length <= KEPT_CHARACTERS ? text : Array.from(text).slice(0, KEPT_CHARACTERS).join('');
}

export const MAX_RETRY_AFTER_MS = 24 * 60 * 60 * 1000;

/**
 * Reads Retry-After: seconds, or a date (RFC 9110, 10.2.3). Null if it is neither.
 * @param now wall-clock milliseconds
 */
export function retryAfter(header: string | string[] | undefined, now: number): number | null {
  const text = (Array.isArray(header) ? header[0] : header)?.trim();
  if (!text) return null;
  const wait = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : httpDate(text) - now;
  return Number.isNaN(wait) ? null : Math.min(MAX_RETRY_AFTER_MS, Math.max(0, Math.round(wait)));
}

/** Date.parse alone would also read "-5" and "1 day" as dates, and a date without a zone as local time. */
function httpDate(text: string): number {
  if (!/^[A-Z][a-z]{2,8},? .*\d{2}:\d{2}:\d{2}/.test(text)) return NaN;
  return Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
}
