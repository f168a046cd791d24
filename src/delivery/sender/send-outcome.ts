import { CONNECTION_FAILURES } from '../../net/connection-failure.ts';

/** Every way in which an attempt fails, and what it means. The only table; the delivery log shows the names. */
export const FAILURES = {
  bad_url: 'The URL cannot be called.',
  bad_request: 'A header or the body breaks HTTP; nothing was sent.',
  ...CONNECTION_FAILURES,
  bad_response: 'The answer is not HTTP.',
  too_large: 'The headers of the answer are larger than 256 KiB.',
  status_3xx: 'A redirect; redirects are never followed.',
  status_4xx: 'The receiver refused it.',
  status_5xx: 'The receiver failed.',
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

/** The failure of a final status; null for success. */
export function statusFailure(status: number): Failure | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) return 'status_3xx';
  if (status >= 400 && status < 500) return 'status_4xx';
  return status >= 500 && status < 600 ? 'status_5xx' : 'bad_response';
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
