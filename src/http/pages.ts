import { readFileSync } from 'node:fs';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Assets, sendAsset } from './assets.ts';
import type { ReservedPaths } from './reserved-paths.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Sends the dashboard's page, which then reads the path; undefined if this process does not serve it. */
    sendPage?: (reply: FastifyReply) => FastifyReply;
  }
}

/** The bundler's output; the path is right from both src/http and dist/http. */
const BUNDLE = new URL('../../dist/web/', import.meta.url);

/** The pages have sessions: they may load and call only this origin, and may not be framed. */
const PAGE_HEADERS = {
  vary: 'accept',
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-cache',
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    // The components set inline styles.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    // Received mails, each an origin of its own (messaging/inbound/email-frame-route.ts).
    "frame-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; '),
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** The file names contain a hash of their content. */
const IMMUTABLE = 'public, max-age=31536000, immutable';

/** Serves the dashboard: its files under /assets/, with a content hash in their names, and its one page. */
export function mountPages(app: FastifyInstance): void {
  const page = readFileSync(new URL('index.html', BUNDLE));
  const assets = new Assets(new URL('assets/', BUNDLE));
  app.get<{ Params: { name: string } }>('/assets/:name', (request, reply) =>
    sendAsset(assets, request.params.name, request, reply, IMMUTABLE),
  );
  app.decorate('sendPage', (reply) => reply.code(200).headers(PAGE_HEADERS).send(page));
}

/**
 * Whether a request to an unknown path gets the dashboard's page. Yes for any path if the client accepts HTML. For
 * the dashboard's own paths also if it accepts anything and does not ask for JSON, such as curl or a link preview.
 */
export function asksForPage({ method, url, headers }: FastifyRequest, reserved: ReservedPaths): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  const path = url.split('?', 1)[0]!;
  if (reserved.isRoute(path)) return false;
  const accepted = acceptedTypes(headers.accept || '*/*');
  if (accepted.has('text/html') || accepted.has('application/xhtml+xml')) return true;
  if ([...accepted].some((type) => /[/+]json$/.test(type))) return false;
  return (accepted.has('*/*') || accepted.has('text/*')) && reserved.isPage(path);
}

/** The media types of an Accept header, without those of weight 0. */
function acceptedTypes(header: string): Set<string> {
  const types = header.split(',').flatMap((part) => {
    const [type = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    return parameters.some((text) => /^q=0(?:\.0*)?$/.test(text)) ? [] : [type];
  });
  return new Set(types);
}
