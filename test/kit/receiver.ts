import { readFileSync } from 'node:fs';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A received request. */
export interface Received {
  method: string;
  /** Path and query. */
  url: string;
  headers: IncomingHttpHeaders;
  rawBody: Buffer;
  /** Wall-clock milliseconds. */
  at: number;
  /** The number of its connection at the receiver, from 1. */
  connection: number;
}

/** The receiver's reaction to a request; by default a 200 with the body `ok`. */
export interface Answer {
  status?: number;
  headers?: OutgoingHttpHeaders;
  body?: string | Buffer;
  /** Waits first. */
  delayMs?: number;
  /** Never answers; with `raw`, sends that first. */
  hang?: boolean;
  /** Sends the body one byte at a time, with this interval. */
  trickleMs?: number;
  /** Sends head and body, and never ends. */
  neverEnd?: boolean;
  /** Breaks the connection: RST instead of a response, or after the body if there is one. */
  reset?: boolean;
  /** Sends these bytes instead of an HTTP response; then closes the connection. */
  raw?: string | Buffer;
}

export type Answering = (request: Received, n: number) => Answer | Promise<Answer>;

/** A webhook receiver on 127.0.0.1 with configurable responses. */
export interface Receiver {
  /** `http://127.0.0.1:port`, without a final slash. */
  readonly url: string;
  readonly port: number;
  /** Every request whose body has arrived, in that order. */
  readonly received: Received[];
  /** Sets the response to requests; `n` counts them from 1. */
  answer(fn: Answering): void;
  /** Number of open connections. */
  connections(): Promise<number>;
  /** Resolves with the requests once the number has arrived; rejects if it does not. */
  waitFor(count: number, timeoutMs?: number): Promise<Received[]>;
  close(): Promise<void>;
}

export interface ReceiverOptions {
  /** Serves HTTPS with the fixture's certificate: localhost, example.test and 127.0.0.1. */
  tls?: boolean;
  host?: string;
  port?: number;
}

/** The certificate and key in test/kit/tls: self-signed, valid until 2076, for tests only. */
export const TEST_CERT = readFileSync(new URL('tls/test-only.cert.pem', import.meta.url), 'utf8');
export const TEST_KEY = readFileSync(new URL('tls/test-only.key.pem', import.meta.url), 'utf8');

export async function startReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  const connections = new WeakMap<object, number>();
  let opened = 0;
  let answering: Answering = () => ({});

  async function onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const item = await read(request, connections.get(request.socket) ?? 0);
    received.push(item);
    const n = received.length;
    for (const check of waiting) check();
    await play(await answering(item, n), response);
  }

  const listener = (request: IncomingMessage, response: ServerResponse) => {
    // Many tests have a sender that disconnects early.
    onRequest(request, response).catch(() => request.socket.destroy());
  };
  const server = options.tls
    ? createSecureServer({ key: TEST_KEY, cert: TEST_CERT }, listener)
    : createServer(listener);
  server.on(options.tls ? 'secureConnection' : 'connection', (socket: object) => {
    opened += 1;
    connections.set(socket, opened);
  });
  const host = options.host ?? '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    url: `${options.tls ? 'https' : 'http'}://${host}:${port}`,
    port,
    received,
    answer(fn) {
      answering = fn;
    },
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
      }),
    waitFor: (count, timeoutMs = 10_000) => waitFor(received, waiting, count, timeoutMs),
    close() {
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

async function read(request: IncomingMessage, connection: number): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return {
    method: request.method ?? '',
    url: request.url ?? '',
    headers: request.headers,
    rawBody: Buffer.concat(chunks),
    at: Date.now(),
    connection,
  };
}

async function play(answer: Answer, response: ServerResponse): Promise<void> {
  const socket = response.socket!;
  if (answer.delayMs) await sleep(answer.delayMs);
  if (answer.raw !== undefined) return void (answer.hang ? socket.write(answer.raw) : socket.end(answer.raw));
  if (answer.hang) return;
  const body = Buffer.from(answer.body ?? (answer.reset ? '' : 'ok'));
  if (answer.reset && body.length === 0) return void socket.resetAndDestroy();

  response.writeHead(answer.status ?? 200, answer.headers);
  if (answer.trickleMs) await trickle(body, answer.trickleMs, response);
  else if (answer.neverEnd || answer.reset) await write(body, response);
  else return void response.end(body);
  if (answer.reset) socket.resetAndDestroy();
  else if (!answer.neverEnd) response.end();
}

async function trickle(body: Buffer, everyMs: number, response: ServerResponse): Promise<void> {
  for (const byte of body) {
    if (response.destroyed) return;
    response.write(Buffer.of(byte));
    await sleep(everyMs);
  }
}

function write(body: Buffer, response: ServerResponse): Promise<void> {
  response.flushHeaders();
  return new Promise((resolve) => response.write(body, () => resolve()));
}

function waitFor(
  received: Received[],
  waiting: Set<() => void>,
  count: number,
  timeoutMs: number,
): Promise<Received[]> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      waiting.delete(check);
    };
    const check = () => {
      if (received.length < count) return;
      end();
      resolve(received);
    };
    const timer = setTimeout(() => {
      end();
      reject(new Error(`${received.length} of ${count} requests arrived within ${timeoutMs} ms`));
    }, timeoutMs);
    waiting.add(check);
    check();
  });
}
