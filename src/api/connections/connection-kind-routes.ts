import { z } from 'zod';
import { connectionFields } from '../../connections/connection-field.ts';
import type { ConnectionKind, ConnectionKinds } from '../../connections/connection-kind.ts';
import { route, type Route } from '../../http/route.ts';
import { inboundPath } from './connection-schema.ts';

const field = z
  .object({
    name: z.string(),
    label: z.string(),
    description: z.string().nullable(),
    kind: z.enum(['text', 'number', 'boolean', 'select']),
    options: z.array(z.string()).meta({ description: 'The values of a `select`.' }),
    required: z.boolean(),
    default: z.unknown(),
    secret: z.boolean().meta({ description: 'Belongs into `secrets`, not into `settings`.' }),
    generated: z.boolean().meta({ description: 'Left out, it is generated and shown once.' }),
  })
  .meta({ id: 'ConnectionField' });

const shape = z
  .object({
    name: z.string(),
    label: z.string(),
    description: z.string(),
    docs: z.string().meta({ description: 'Its page of the documentation, as a path in the repository.' }),
    steps: z.array(z.string()).meta({ description: 'What to do in the other system, in order.' }),
    events: z.array(z.string()).meta({
      description: 'The events to select in the other system; empty if there is nothing to select.',
    }),
    fields: z.array(field),
    urls: z.array(
      z.object({
        label: z.string(),
        url: z.string().meta({ description: '`{id}` is the id of the connection.' }),
      }),
    ),
    scopes: z.array(z.string()).meta({ description: 'Scopes that are needed to create one.' }),
    has_test: z.boolean(),
  })
  .meta({ id: 'ConnectionKind' });

/** The kinds of connections, for forms and documentation. */
export function connectionKindRoute({
  kinds,
  baseUrl,
}: {
  kinds: ConnectionKinds;
  baseUrl(): string;
}): Route {
  const described = [...kinds.values()].map((kind) => ({ kind, fields: connectionFields(kind) }));
  return route({
    method: 'GET',
    path: '/api/v1/connection-kinds',
    scope: 'connections:read',
    tag: 'connections',
    summary: 'List the kinds of connections',
    answers: { 200: z.object({ data: z.array(shape) }) },
    handle() {
      const data = described.map(({ kind, fields }) => ({ ...show(kind, baseUrl()), fields }));
      return Promise.resolve({ status: 200, body: { data } });
    },
  });
}

function show(
  { name, label, description, docs, steps, events = [], inbound, scopes, test }: ConnectionKind,
  baseUrl: string,
) {
  const urls = inbound.map((handler) => ({
    label: handler.label,
    url: `${baseUrl}${inboundPath(name, '{id}', handler.path)}`,
  }));
  return { name, label, description, docs, steps, events, urls, scopes, has_test: test !== undefined };
}
