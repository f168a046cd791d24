// The way of a request in `npm run dev`: Vite answers for the files of web/, the server for all else. Where the server
// answers with the dashboard's page as it was built, the browser gets Vite's page, which loads the sources.
import { statSync, readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';

const inflate = promisify(brotliDecompress);
const PUBLIC_FILE = /^\/f\/assets\/([\w-]+\.(?:js|css))$/;

/**
 * A middleware for Vite's dev server.
 * @param {{ port: number, ready: () => Promise<void>, vite: import('vite').ViteDevServer, root: string }} parts
 *   the server's port on loopback; `ready` resolves once it can answer
 */
export function proxyTo({ port, ready, vite, root }) {
  const agent = new http.Agent({ keepAlive: true });
  const built = readFileSync(path.join(root, 'dist/web/index.html'), 'utf8');

  return (request, response, next) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const file = PUBLIC_FILE.exec(pathname);
    if (isOfVite(pathname)) next();
    else if (file) void sendPublicFile(file[1], response).catch(next);
    else void ready().then(() => forward(request, response, next));
  };

  function isOfVite(pathname) {
    return /^\/(@|node_modules\/)/.test(pathname) || isFile(path.join(root, 'web', decoded(pathname)));
  }

  /** The server keeps the files of public pages in memory; these are as fresh as the watching bundler. */
  async function sendPublicFile(name, response) {
    const bytes = await inflate(readFileSync(path.join(root, 'dist/web/public', `${name}.br`)));
    response.setHeader('content-type', name.endsWith('.css') ? 'text/css' : 'text/javascript');
    response.setHeader('cache-control', 'no-cache');
    response.end(bytes);
  }

  function forward(request, response, next, isRepeated = false) {
    const { method, url, headers } = request;
    const onward = http.request({ host: '127.0.0.1', port, agent, method, path: url, headers }, (answer) => {
      if (answer.headers['content-type']?.startsWith('text/html') && method === 'GET') {
        void sendPage(answer, request, response).catch(next);
        return;
      }
      response.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(response);
      response.once('close', () => answer.destroy());
    });
    onward.once('error', (error) => {
      // The server went down with the request: a restart.
      const mayRepeat = !isRepeated && !response.headersSent && ['GET', 'HEAD'].includes(method);
      if (mayRepeat) void ready().then(() => forward(request, response, next, true));
      else if (response.headersSent) response.destroy();
      else response.writeHead(502).end(`The server does not answer: ${error.message}\n`);
    });
    request.pipe(onward);
  }

  async function sendPage(answer, { url }, response) {
    const chunks = await answer.toArray();
    const body = Buffer.concat(chunks);
    if (body.toString() !== built) {
      response.writeHead(answer.statusCode, answer.rawHeaders).end(body);
      return;
    }
    const source = readFileSync(path.join(root, 'web/index.html'), 'utf8');
    const page = await vite.transformIndexHtml('/index.html', source, url);
    response
      .writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' })
      .end(page);
  }
}

function decoded(pathname) {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}

function isFile(file) {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true;
}
