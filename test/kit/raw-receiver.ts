import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createSecureServer } from 'node:tls';
import { TEST_CERT, TEST_KEY } from './receiver.ts';

/** Answers a request on its connection with raw bytes; `n` counts requests from 1. */
export type RawAnswer = (socket: Socket, n: number) => void | Promise<void>;

/** A receiver on 127.0.0.1 without an HTTP server: it sends exactly what the test specifies. */
export interface RawReceiver {
  readonly url: string;
  /** The number of the connection of each request, from 1. */
  readonly received: number[];
  /** Sets the response to requests. */
  answer(fn: RawAnswer): void;
  /** Number of open connections. */
  connections(): Promise<number>;
  close(): Promise<void>;
}

/** @param options.early answers as soon as the head of a request has arrived, and reads no more of it */
export async function startRawReceiver(
  options: { tls?: boolean; early?: boolean } = {},
): Promise<RawReceiver> {
  const received: number[] = [];
  const sockets = new Set<Socket>();
  let opened = 0;
  let answering: RawAnswer = (socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');

  function onConnection(socket: Socket): void {
    const connection = (opened += 1);
    let unread = Buffer.alloc(0);
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // Many tests have a sender that disconnects early.
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      unread = Buffer.concat([unread, chunk]);
      for (;;) {
        const end = unread.indexOf('\r\n\r\n');
        if (end < 0) return;
        const length = Number(/content-length: (\d+)/i.exec(unread.toString('latin1', 0, end))?.[1] ?? 0);
        if (options.early) socket.pause();
        else if (unread.length < end + 4 + length) return;
        unread = unread.subarray(end + 4 + length);
        received.push(connection);
        void answering(socket, received.length);
      }
    });
  }

  const server: Server = options.tls
    ? createSecureServer({ key: TEST_KEY, cert: TEST_CERT }, onConnection)
    : createServer(onConnection);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}/`,
    received,
    answer(fn) {
      answering = fn;
    },
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
      }),
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
