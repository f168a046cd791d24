import swagger from '@fastify/swagger';
import type { FastifyInstance, FastifySchema } from 'fastify';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { JSON_OR_FORM } from './refusal.ts';
import { errorShape } from './reply.ts';
import { takesIdempotencyKey, type Route } from './route.ts';

/** Makes the OpenAPI 3.1 document from the schemas that validate. Register before the routes. */
export async function describeApi(app: FastifyInstance, info: { version: string }): Promise<void> {
  // The zod schemas are read by the document only: the server validates in http/server.ts, so that one
  // error format serves all, and answers leave as text.
  app.setValidatorCompiler(() => (value) => ({ value }));
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Fairlead API',
        version: info.version,
        description: 'A CRM whose every change is an event, and whose every event arrives.',
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
            description: 'A signed-in browser; changes need an Origin header of this installation.',
          },
        },
      },
      security: [{ bearer: [] }, { header: [] }, { session: [] }],
    },
    transform: createJsonSchemaTransform({}),
    transformObject: createJsonSchemaTransformObject({}),
  });
}

/** A route's part of the document. */
export function describe(route: Route): FastifySchema {
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
    ...(route.formBody && { consumes: JSON_OR_FORM.types }),
    ...(route.query && { querystring: route.query }),
    ...(names.length > 0 && { params: z.object(params) }),
    ...headers(route),
    response: { ...answers(route), default: errorsOf(route).describe('Any error.') },
  };
}

const HEADERS = {
  'Idempotency-Key': z.string().optional().meta({
    description: 'For 24 hours, the same request under the same key gives the first answer again.',
  }),
  'If-Match': z
    .string()
    .optional()
    .meta({ description: 'The ETag last seen; 412 where the version is another by now.' }),
};

/** The request headers that a route heeds, for the reader: what they hold is checked where they are used. */
function headers(route: Route): { headers?: z.ZodType } {
  const heeded = [
    ...(takesIdempotencyKey(route) ? (['Idempotency-Key'] as const) : []),
    ...(route.supportsIfMatch ? (['If-Match'] as const) : []),
  ];
  if (heeded.length === 0) return {};
  return { headers: z.object(Object.fromEntries(heeded.map((name) => [name, HEADERS[name]]))) };
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
