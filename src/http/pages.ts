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
  vary: 'accept',
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

/** The dashboard's own paths (web/routes.tsx), which other systems link to, as in `lead_url`. */
const OWN_PAGES =
  /^\/(?:(?:sign-in|forgot-password|setup|invitation|reset-password|contacts|companies|deals|tasks|leads|forms|settings)(?:\/[^.]*)?)?$/;

/**
 * Whether a path that no route takes is looked at as a page: any path by a browser, which names HTML; one of the
 * dashboard's own also by a client that takes anything and does not ask for JSON, such as curl or a link preview.
 */
export function asksForPage({ method, url, headers }: FastifyRequest): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  const path = url.split('?', 1)[0]!;
  if (NO_PAGE.test(path)) return false;
  const accepted = acceptedTypes(headers.accept || '*/*');
  if (accepted.has('text/html') || accepted.has('application/xhtml+xml')) return true;
  if ([...accepted].some((type) => /[/+]json$/.test(type))) return false;
  return (accepted.has('*/*') || accepted.has('text/*')) && OWN_PAGES.test(path);
}

/** The media types of an Accept header, without those that it refuses. */
function acceptedTypes(header: string): Set<string> {
  const types = header.split(',').flatMap((part) => {
    const [type = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    return parameters.some((text) => /^q=0(?:\.0*)?$/.test(text)) ? [] : [type];
  });
  return new Set(types);
}
