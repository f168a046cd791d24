import { z } from 'zod';
import type { Formats } from '../delivery/format.ts';
import { route, type Route } from '../http/route.ts';

const formatShape = z
  .object({
    name: z.string(),
    one_event: z.boolean().meta({ description: 'A webhook has exactly one event type, named.' }),
    payload: z.enum(['summary', 'full']),
    timeout_s: z.int(),
    retry: z.object({ max: z.int(), intervals_s: z.array(z.int()) }),
    most_retries: z.int().meta({ description: 'How many retries may be asked for.' }),
    unsigned: z.enum(['never', 'where asked', 'by default']).meta({
      description:
        'Whether deliveries go unsigned: never; where `secret` is null; or also where no secret is given.',
    }),
    rotation_overlaps: z
      .boolean()
      .meta({ description: 'The old secret signs beside a new one for a while.' }),
    disables_on_410: z.boolean().meta({ description: 'The answer 410 always disables the webhook.' }),
  })
  .meta({ id: 'WebhookFormat' });

/** The formats of webhooks with what they default to: a form has to say what is meant where nothing is chosen. */
export function webhookFormatRoutes(formats: Formats): Route[] {
  const data = [...formats.values()].map((format) => ({
    name: format.name,
    one_event: format.oneEvent,
    payload: format.defaults.payload,
    timeout_s: format.defaults.timeoutMs / 1000,
    retry: { max: format.defaults.retryMax, intervals_s: format.defaults.intervalsS },
    most_retries: format.maxRetries,
    unsigned: format.unsigned,
    rotation_overlaps: format.rotationOverlaps,
    disables_on_410: format.goneDisables,
  }));
  return [
    route({
      method: 'GET',
      path: '/api/v1/webhook-formats',
      scope: null,
      tag: 'webhooks',
      summary: 'List the formats of webhooks with their defaults',
      answers: { 200: z.object({ data: z.array(formatShape) }) },
      handle: () => Promise.resolve({ status: 200, body: { data } }),
    }),
  ];
}
