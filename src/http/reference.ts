import reference from '@scalar/fastify-api-reference';
import type { FastifyInstance } from 'fastify';

/** The OpenAPI document, at /api/v1/openapi.json. */
export function mountDocument(app: FastifyInstance): void {
  app.get('/api/v1/openapi.json', { schema: { hide: true } }, async (_request, reply) => {
    return reply.header('access-control-allow-origin', '*').send(app.swagger());
  });
}

/** A page to read the document, at /docs, served from this machine. */
export async function mountReference(app: FastifyInstance): Promise<void> {
  await app.register(reference, {
    routePrefix: '/docs',
    configuration: { url: '/api/v1/openapi.json', title: 'Fairlead API', withDefaultFonts: false },
  });
}
