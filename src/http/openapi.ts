import swagger from '@fastify/swagger';
import type { FastifyInstance, FastifySchema } from 'fastify';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { errorShape } from './reply.ts';
import type { Route } from './route.ts';

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
        },
      },
      security: [{ bearer: [] }, { header: [] }],
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
    ...(route.body && { body: route.body }),
    ...(route.query && { querystring: route.query }),
    ...(names.length > 0 && { params: z.object(params) }),
    response: { ...answers(route), default: errorShape.describe('Any error.') },
  };
}

function answers(route: Route): Record<string, z.ZodType> {
  return Object.fromEntries(
    Object.entries(route.answers).map(([status, answer]) => [
      status,
      typeof answer === 'string' ? z.undefined().describe(answer) : answer,
    ]),
  );
}

function operationId(route: Route): string {
  const words = route.path
    .replace('/api/v1/', '')
    .split(/[/:-]+/)
    .filter(Boolean);
  return [route.method.toLowerCase(), ...words]
    .map((word, at) => (at ? word[0]!.toUpperCase() + word.slice(1) : word))
    .join('');
}
