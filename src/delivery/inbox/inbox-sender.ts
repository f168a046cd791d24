import type { Clock } from '../../base/clock.ts';
import { inboxResponseBody, type Inboxes } from './inbox.ts';
import { statusFailure, type Outcome } from '../sender/send-outcome.ts';
import type { Outgoing, Sender } from '../sender/send.ts';
import { MASK } from '../log/attempt-request.ts';

/**
 * Sends everything as `sender` does, except what goes to a test inbox of this installation: that is stored directly,
 * by the function that stores requests to its URL. No connection is made, so the guard refuses this server's own
 * addresses without an exception, and no name or path can make it dial one.
 */
export function withInboxes(sender: Sender, inboxes: Inboxes, clock: Clock): Sender {
  function begin(out: Outgoing, signal: AbortSignal | undefined, done: (outcome: Outcome) => void): void {
    const token = inboxes.tokenIn(out.url);
    if (token === null) sender.begin(out, signal, done);
    else void put(out, token).then(done);
  }

  return {
    begin,
    send: (out, signal) => new Promise((resolve) => begin(out, signal, resolve)),
    close: () => sender.close(),
  };

  async function put(out: Outgoing, token: string): Promise<Outcome> {
    const began = clock.monotonic();
    const url = new URL(out.url);
    const body = Buffer.from(out.body);
    // As sent over the wire, except that custom headers are masked as in the API: others may read the inbox.
    const sent = { host: url.host, ...out.headers, 'content-length': String(body.length) };
    const headers = Object.entries(sent).map(
      ([name, value]) => [name, Object.hasOwn(out.custom ?? {}, name) ? MASK : value] as const,
    );
    const base = { detail: null, retryAfterMs: null, responseBody: null };
    try {
      const incoming = { method: out.method, query: url.search, headers, body };
      const kept = await inboxes.receive(token, incoming, 'engine');
      const status = kept ?? 404;
      const failure = statusFailure(status);
      const durationMs = Math.round(clock.monotonic() - began);
      return {
        ...base,
        ok: failure === null,
        failure,
        status,
        responseBody: inboxResponseBody(kept),
        durationMs,
      };
    } catch {
      const durationMs = Math.round(clock.monotonic() - began);
      const detail = 'the test inbox could not be written to';
      return { ...base, ok: false, failure: 'reset', status: null, detail, durationMs };
    }
  }
}
