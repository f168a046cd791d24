import { DnsError } from './dns-lookup.ts';

/** Every way in which a connection fails. The delivery log stores and shows the names. */
export const CONNECTION_FAILURES = {
  dns_failed: 'The host name has no address, or DNS did not answer.',
  blocked_address: 'The host is not public, and the operator has not opened its address.',
  refused: 'Nothing listens at that address and port.',
  network: 'There is no route to that address.',
  tls_failed: 'The certificate is not valid for the host, or the TLS handshake failed.',
  timeout: 'There was no answer in time.',
  reset: 'The connection broke before there was an answer.',
  cancelled: 'The process stopped before there was an answer; this says nothing about the receiver.',
} as const;

type ConnectionFailure = keyof typeof CONNECTION_FAILURES;

/** A connection that could not be opened or that ended; the message says why in a few words, without secrets. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly failure: ConnectionFailure;
  /** Node's code, such as ECONNREFUSED, if the error is one of the network. */
  readonly code: string | undefined;
  /** Of an HTTP client: whether the connection was there, so that the other side may have done what it was asked for. */
  readonly hasConnected: boolean;

  constructor(failure: ConnectionFailure, detail: string, code?: string, hasConnected = true) {
    super(detail);
    this.failure = failure;
    this.code = code;
    this.hasConnected = hasConnected;
  }
}

/**
 * Whether a request that failed was certainly not sent. The name of the failure does not say it: an answer that is no HTTP,
 * or a route that goes away while the answer is awaited, is `network` too.
 */
export function wasNotSent(error: unknown): boolean {
  return error instanceof ConnectionError && !error.hasConnected;
}

/** Codes of Node; codes of OpenSSL are recognised by their prefix. */
const BY_CODE: Record<string, readonly [ConnectionFailure, string]> = {
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
export function explainConnection(error: unknown): { failure: ConnectionFailure; detail: string } {
  if (error instanceof ConnectionError) return { failure: error.failure, detail: error.message };
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
