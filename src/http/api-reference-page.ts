import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { FastifyInstance, FastifyReply } from 'fastify';

const DOCUMENT_URL = '/api/v1/openapi.json';

/**
 * Serves the OpenAPI document at /api/v1/openapi.json.
 * @param make generates it; called on the first request
 */
export function mountDocument(app: FastifyInstance, make: () => Promise<object>): void {
  let document: Promise<object> | undefined;
  app.get(DOCUMENT_URL, async (_request, reply) => {
    document ??= make().catch((error: unknown) => {
      document = undefined;
      throw error;
    });
    return reply.header('access-control-allow-origin', '*').send(await document);
  });
}

/**
 * The page accepts an API key to try calls: it may load and call only this origin. The inline styles and its one
 * inline script are the page's own.
 */
const PAGE_HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self' 'unsafe-inline'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

const CONFIGURATION = {
  url: DOCUMENT_URL,
  withDefaultFonts: false,
  telemetry: false,
  // It would link to external hosts.
  hideClientButton: true,
  showDeveloperTools: 'never',
};

const PAGE = `<!doctype html>
<html>
  <head>
    <title>Fairlead API</title>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
  </head>
  <body>
    <div id="app"></div>
    <script src="js/scalar.js"></script>
    <script>
      Scalar.createApiReference('#app', ${JSON.stringify(CONFIGURATION, null, 2)})
    </script>
  </body>
</html>
`;

/**
 * A page to read the document, at /docs, served by this installation. Only the script of Scalar's package is used: its
 * Fastify plugin loads some 250 modules, and keeps the 3.4 MB of the script in memory.
 */
export function mountReference(app: FastifyInstance): void {
  const get = (url: string, send: (reply: FastifyReply) => unknown) =>
    app.get(url, async (_request, reply) => send(reply.headers(PAGE_HEADERS)));
  get('/docs', (reply) => reply.redirect('/docs/', 301));
  get('/docs/', (reply) => reply.type('text/html; charset=utf-8').send(PAGE));
  get('/docs/js/scalar.js', async (reply) =>
    reply.type('application/javascript; charset=utf-8').send(await readFile(scriptFile())),
  );
}

/** The package exports only its entry, so the script is found from there. */
function scriptFile(): string {
  const entry = createRequire(import.meta.url).resolve('@scalar/fastify-api-reference');
  return path.join(path.dirname(entry), 'js', 'standalone.js');
}
