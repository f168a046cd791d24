import reference from '@scalar/fastify-api-reference';
import type { FastifyInstance } from 'fastify';

/**
 * Serves the OpenAPI document at /api/v1/openapi.json.
 * @param webhooks the deliveries, as OpenAPI webhooks
 */
export function mountDocument(app: FastifyInstance, webhooks: Record<string, object>): void {
  app.get('/api/v1/openapi.json', { schema: { hide: true } }, async (_request, reply) => {
    return reply.header('access-control-allow-origin', '*').send({ ...app.swagger(), webhooks });
  });
}

/**
 * The page accepts an API key to try calls: it may load and call only this origin. The inline styles and its one
 * inline script are the page's own.
 */
const SELF_ONLY = [
  "default-src 'none'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A page to read the document, at /docs, served by this installation. */
export async function mountReference(app: FastifyInstance): Promise<void> {
  await app.register(reference, {
    routePrefix: '/docs',
    hooks: {
      onRequest(_request, reply, done) {
        void reply.headers({
          'content-security-policy': SELF_ONLY,
          'referrer-policy': 'no-referrer',
          'x-content-type-options': 'nosniff',
        });
        done();
      },
    },
    configuration: {
      url: '/api/v1/openapi.json',
      pageTitle: 'Fairlead API',
      withDefaultFonts: false,
      telemetry: false,
      // It would link to external hosts.
      hideClientButton: true,
      showDeveloperTools: 'never',
    },
  });
}
