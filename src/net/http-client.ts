import { request as startRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { ConnectionError, explainConnection } from './connection-failure.ts';
import type { Dial } from './dial.ts';
import { plainHost } from './egress-guard.ts';

export interface HttpRequest {
  method?: 'GET' | 'POST' | 'PROPFIND' | 'REPORT';
  headers?: Readonly<Record<string, string>>;
  body?: string | Buffer;
  /** For the whole request, in milliseconds. */
  timeoutMs?: number;
  /** A longer response fails. */
  maxBytes?: number;
}

export interface HttpResponse {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/**
 * Sends one request, on a connection of its own. Redirects are not followed: the response is the 3xx.
 * @param url of https, or of http where the guard allows it; throws `ConnectionError`
 */
export type HttpClient = (url: string, request?: HttpRequest) => Promise<HttpResponse>;

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 1024 * 1024;

/** For requests to other systems' APIs; webhooks have a sender of their own, with a pool. */
export function makeHttpClient(dial: Dial): HttpClient {
  return async (
    url,
    { method = 'GET', headers = {}, body, timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES } = {},
  ) => {
    const { protocol, origin, host, hostname, port, pathname, search } = new URL(url);
    const secure = protocol === 'https:';
    const target = { origin, secure, host: plainHost(hostname), port: Number(port) || (secure ? 443 : 80) };
    const signal = AbortSignal.timeout(timeoutMs);
    const dialling = { signal, budgetMs: timeoutMs, step: '' };
    let hasConnected = false;
    try {
      const socket = await dial(target, dialling);
      hasConnected = true;
      dialling.step = 'waiting for the response';
      const options = { method, path: pathname + search, headers: { host, ...headers }, signal };
      return await exchange(socket, options, body, maxBytes);
    } catch (error) {
      if (signal.aborted)
        throw new ConnectionError(
          'timeout',
          `no response in time (${dialling.step})`,
          undefined,
          hasConnected,
        );
      const { failure, detail } = explainConnection(error);
      throw new ConnectionError(failure, detail, (error as { code?: string }).code, hasConnected);
    }
  };
}

interface Exchange {
  method: string;
  path: string;
  headers: Record<string, string>;
  signal: AbortSignal;
}

function exchange(
  socket: Socket,
  { headers, ...options }: Exchange,
  body: string | Buffer | undefined,
  maxBytes: number,
): Promise<HttpResponse> {
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const sent = { ...headers, ...length, connection: 'close' };
  const response = new Promise<HttpResponse>((resolve, reject) => {
    // No agent, so that the connection is the one that the guard has checked.
    const request = startRequest({ ...options, headers: sent, createConnection: () => socket });
    request.on('error', reject);
    request.on('response', (incoming) => void readResponse(incoming, maxBytes).then(resolve, reject));
    request.end(body);
  });
  return response.finally(() => socket.destroy());
}

async function readResponse(response: IncomingMessage, maxBytes: number): Promise<HttpResponse> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new ConnectionError('reset', `the response is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return { status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) };
}
