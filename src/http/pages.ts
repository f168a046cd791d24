import { readFileSync } from 'node:fs';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Assets, sendAsset } from './assets.ts';

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

/** The names of the dashboard's files change with what is in them. */
const FOR_GOOD = 'public, max-age=31536000, immutable';

/** What is for programs: a path below these is never a page, whatever a browser says it accepts. */
const NO_PAGE = /^\/(api|webhooks|healthz|readyz|metrics|docs|analytics|assets|inbox|f)(\/|$)/;

/** Serves the dashboard: its files under /assets/, whose names change with what is in them, and its one page. */
export function mountPages(app: FastifyInstance): void {
  const page = readFileSync(new URL('index.html', BUNDLE));
  const assets = new Assets(new URL('assets/', BUNDLE));
  app.get<{ Params: { name: string } }>('/assets/:name', { schema: { hide: true } }, (request, reply) =>
    sendAsset(assets, request.params.name, request, reply, FOR_GOOD),
  );
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
