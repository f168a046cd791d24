import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A third-party website on its own origin. */
export interface Website {
  url: string;
  close(): Promise<void>;
}

/**
 * @param pages HTML by path
 * @param answer handles a POST at the site's own server
 */
export async function startWebsite(
  pages: Record<string, string>,
  answer?: (request: IncomingMessage, body: string, response: ServerResponse) => Promise<void>,
): Promise<Website> {
  const server = createServer((request, response) => {
    if (request.method === 'POST' && answer) {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => void answer(request, Buffer.concat(parts).toString(), response));
      return;
    }
    const page = pages[request.url!.split('?', 1)[0]!];
    response.writeHead(page === undefined ? 404 : 200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(page ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
