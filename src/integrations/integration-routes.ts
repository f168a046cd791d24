import { z } from 'zod';
import { route, type Route } from '../http/route.ts';
import type { Integration } from './integration.ts';

const integrationShape = z
  .object({
    name: z.string(),
    label: z.string(),
    docs: z.string().meta({ description: 'A URL, or a page of the folder `docs` of Fairlead.' }),
    webhook_format: z
      .string()
      .nullable()
      .meta({ description: 'Its webhook format, as in `GET /webhook-formats`; null if it has none.' }),
    key_style: z
      .string()
      .nullable()
      .meta({ description: 'Its key style, as in `GET /key-styles`; null if it has none.' }),
    connection_kind: z
      .string()
      .nullable()
      .meta({ description: 'Its kind of connection, as in `GET /connection-kinds`; null if it has none.' }),
    inbound: z
      .array(
        z.object({
          url: z.string().meta({
            description: 'Where the system posts to. `{…}` is replaced as `authentication` says.',
            examples: ['https://crm.example.com/webhooks/crm/lead'],
          }),
          authentication: z.string().meta({ description: 'How a request shows its inbound secret.' }),
        }),
      )
      .meta({ description: 'The webhooks that it sends to Fairlead, authenticated by an inbound secret.' }),
  })
  .meta({ id: 'Integration' });

/**
 * Lists the systems that Fairlead works with.
 * @param baseUrl the public URL of this installation
 */
export function integrationRoutes(integrations: readonly Integration[], baseUrl: () => string): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/integrations',
      scope: null,
      tag: 'integrations',
      summary: 'List integrations',
      description: 'The systems that Fairlead works with, and what each of them uses.',
      answers: { 200: z.object({ data: z.array(integrationShape) }) },
      handle: () =>
        Promise.resolve({
          status: 200,
          body: { data: integrations.map((integration) => showIntegration(integration, baseUrl)) },
        }),
    }),
  ];
}

function showIntegration(
  { name, label, docs, webhookFormat, keyStyle, connection, inbound = [] }: Integration,
  baseUrl: () => string,
) {
  return {
    name,
    label,
    docs,
    webhook_format: webhookFormat?.name ?? null,
    key_style: keyStyle?.name ?? null,
    connection_kind: connection?.name ?? null,
    inbound: inbound.map(({ path, authentication }) => ({
      url: baseUrl() + documentedPath(path),
      authentication,
    })),
  };
}

/** A router's path as documents print it: `/webhooks/typeform/{prefix}`. */
export function documentedPath(path: string): string {
  return path.replaceAll(/:(\w+)/g, '{$1}');
}
