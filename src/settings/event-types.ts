import { z } from 'zod';
import type { Catalogue } from '../delivery/event.ts';
import type { Formats } from '../delivery/format.ts';
import { route, type Route } from '../http/route.ts';

const shape = z.object({
  data: z.array(
    z.object({
      name: z.string(),
      object: z.string(),
      description: z.string(),
      formats: z.array(z.string()).meta({ description: 'The formats whose `*` includes it.' }),
      sample: z.record(z.string(), z.unknown()),
      context: z
        .record(z.string(), z.unknown())
        .optional()
        .meta({ description: 'What it tells beside the record, in the format `automatenexus`.' }),
    }),
  ),
});

/** What there is to subscribe to. */
export function eventTypeRoutes(catalogue: Catalogue, formats: Formats): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/event-types',
      scope: null,
      tag: 'webhooks',
      summary: 'List event types',
      answers: { 200: shape },
      handle: async () => ({
        status: 200,
        body: {
          data: catalogue.types.map((type) => ({
            ...type,
            formats: [...formats.values()]
              .filter((format) => format.documents(type.name))
              .map((format) => format.name),
          })),
        },
      }),
    }),
  ];
}
