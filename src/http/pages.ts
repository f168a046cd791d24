import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import files from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyInstance {
    /** Answers with the dashboard, which then looks at the path itself; only where it is served here. */
    sendPage?: (reply: FastifyReply) => FastifyReply;
  }
}

/** Where the bundler puts the dashboard; as seen from src/http and from dist/http alike. */
const BUNDLE = new URL('../../dist/web/', import.meta.url);

/** The pages hold sessions: nothing they load and nothing they call may lie elsewhere, nobody may frame them. */
const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-cache',
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    // The components set styles on elements.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; '),
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** What is for programs: a path below these is never a page, whatever a browser says it accepts. */
const NO_PAGE = /^\/(api|webhooks|healthz|readyz|metrics|docs|analytics|assets|f)(\/|$)/;

/** Serves the dashboard: its files under /assets/, whose names change with what is in them, and its one page. */
export async function mountPages(app: FastifyInstance): Promise<void> {
  const page = readFileSync(new URL('index.html', BUNDLE));
  await app.register(files, {
    root: fileURLToPath(new URL('assets/', BUNDLE)),
    prefix: '/assets/',
    decorateReply: false,
    index: false,
    immutable: true,
    maxAge: '365d',
    schemaHide: true,
    setHeaders: (reply) => void reply.header('x-content-type-options', 'nosniff'),
  });
  app.decorate('sendPage', (reply) => reply.code(200).headers(PAGE_HEADERS).send(page));
}

/** Whether somebody looks at a path that no route takes with a browser. */
export function asksForPage(request: FastifyRequest): boolean {
  return (
    (request.method === 'GET' || request.method === 'HEAD') &&
    /\btext\/html\b/.test(request.headers.accept ?? '') &&
    !NO_PAGE.test(request.url.split('?', 1)[0]!)
  );
}
