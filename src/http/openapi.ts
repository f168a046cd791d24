import Fastify, { type FastifySchema } from 'fastify';
import type { createJsonSchemaTransform } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { JSON_OR_FORM } from './fastify-error.ts';
import { errorShape } from './error-response.ts';
import { takesIdempotencyKey, type Route } from './route.ts';

/**
 * Generates the OpenAPI 3.1 document of routes from the schemas that validate. It takes longer than a start, and its
 * libraries are loaded for it, so the server does this on request. The routes are registered once more, on a server that
 * never listens, because the library reads them from there.
 */
export async function describeApi(routes: readonly Route[], { version }: { version: string }) {
  const [{ default: swagger }, { createJsonSchemaTransform, createJsonSchemaTransformObject }] =
    await Promise.all([import('@fastify/swagger'), import('fastify-type-provider-zod')]);
  const app = Fastify();
  // The schemas are only for the document.
  app.setValidatorCompiler(() => (value) => ({ value }));
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Fairlead API',
        version,
        description: 'A CRM in which every change is an event, and every event is delivered.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/' }],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'An API key.' },
          header: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: 'fairlead_session',
            description: 'A signed-in browser; changes require an Origin header of this installation.',
          },
        },
      },
      security: [{ bearer: [] }, { header: [] }, { session: [] }],
    },
    transform: withUploads(createJsonSchemaTransform({})),
    transformObject: createJsonSchemaTransformObject({}),
  });
  for (const route of routes)
    app.route({ method: route.method, url: route.path, schema: describe(route), handler: () => undefined });
  await app.ready();
  return app.swagger();
}

type Transform = ReturnType<typeof createJsonSchemaTransform>;

/** A body that is a file has a schema for each media type, which the transform of zod schemas cannot express. */
function withUploads(transform: Transform): Transform {
  return (document) => {
    const { takesFile, ...schema } = (document.schema ?? {}) as FastifySchema &
      Partial<Pick<Route, 'takesFile'>>;
    if (!takesFile) return transform(document);
    const bytes = { type: 'string', format: 'binary' };
    const form = { type: 'object', properties: { file: bytes }, required: ['file'] };
    const content = Object.fromEntries(takesFile.types.map((type) => [type, { schema: bytes }]));
    const transformed = transform({ ...document, schema });
    const body = { content: { 'multipart/form-data': { schema: form }, ...content } };
    return { ...transformed, schema: { ...transformed.schema, body } };
  };
}

/** The OpenAPI part of a route. */
function describe(route: Route): FastifySchema {
  const names = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1]!);
  const params = Object.fromEntries(names.map((name) => [name, z.string()]));
  return {
    tags: [route.tag],
    summary: route.summary,
    ...(route.description && { description: route.description }),
    operationId: operationId(route),
    ...(route.scope && { 'x-scope': route.scope }),
    ...(route.open && { security: [] }),
    ...(route.body && { body: route.body }),
    ...(route.takesFile && { takesFile: route.takesFile }),
    ...(route.formBody && { consumes: JSON_OR_FORM.types }),
    ...(route.query && { querystring: route.query }),
    ...(names.length > 0 && { params: z.object(params) }),
    ...headers(route),
    response: { ...answers(route), default: errorsOf(route).describe('Any error.') },
  };
}

const HEADERS = {
  'Idempotency-Key': z.string().optional().meta({
    description: 'For 24 hours, a repeated request with the same key gets the first response again.',
  }),
  'If-Match': z
    .string()
    .optional()
    .meta({ description: 'The last known ETag; 412 if the version has changed since.' }),
};

/** The request headers that a route uses, for the document; their values are checked where they are used. */
function headers(route: Route): { headers?: z.ZodType } {
  const supported = [
    ...(takesIdempotencyKey(route) ? (['Idempotency-Key'] as const) : []),
    ...(route.supportsIfMatch ? (['If-Match'] as const) : []),
  ];
  if (supported.length === 0) return {};
  return { headers: z.object(Object.fromEntries(supported.map((name) => [name, HEADERS[name]]))) };
}

function answers(route: Route): Record<string, object> {
  return Object.fromEntries(
    Object.entries(route.answers).map(([status, answer]) => [
      status,
      Number(status) >= 400 && typeof answer === 'string'
        ? errorsOf(route).describe(answer)
        : described(answer, route.streams),
    ]),
  );
}

function errorsOf({ errors }: Route): z.ZodType {
  return errors?.shape ?? errorShape;
}

function described(answer: z.ZodType | string, streams: string | undefined): object {
  if (typeof answer === 'string') return z.undefined().describe(answer);
  if (streams === undefined) return answer;
  return { description: answer.description, content: { [streams]: { schema: answer } } };
}

function operationId(route: Route): string {
  const words = route.path
    .replace('/api/v1/', '')
    .split(/[/:_-]+/)
    .filter(Boolean);
  return [route.method.toLowerCase(), ...words]
    .map((word, at) => (at ? word[0]!.toUpperCase() + word.slice(1) : word))
    .join('');
}
