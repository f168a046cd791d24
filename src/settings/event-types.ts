import { z } from 'zod';
import type { Uuid } from '../base/id.ts';
import type { Catalogue, EventType } from '../delivery/event.ts';
import type { Format, Formats } from '../delivery/format.ts';
import { route, type Route } from '../http/route.ts';

/** Placeholders of an example: nobody's workspace, webhook, event and secret. */
const PLACEHOLDER = {
  workspaceId: '01976d3c-0000-7000-8000-00000000000a',
  clientNumber: 12_345_678,
  endpointId: '01976d3c-0000-7000-8000-00000000000b',
  eventId: '01976d3c-0000-7000-8000-00000000000c',
  secret: 'whsec_cGxhY2Vob2xkZXItcGxhY2Vob2xkZXItcGxhY2Vob2xk',
  at: '2026-06-01T12:00:00.000Z',
} as const;

const example = z.object({
  name: z.string().meta({ description: "The format's own name of the event." }),
  headers: z.record(z.string(), z.string()),
  body: z.unknown(),
});

const shape = z.object({
  data: z.array(
    z.object({
      name: z.string(),
      object: z.string(),
      description: z.string(),
      formats: z.array(z.string()).meta({ description: 'The formats whose `*` includes it.' }),
      sample: z.record(z.string(), z.unknown()).meta({ description: 'The whole record, as `full` has it.' }),
      context: z
        .record(z.string(), z.unknown())
        .optional()
        .meta({ description: 'What it tells beside the record, in the format `automatenexus`.' }),
      examples: z.record(z.string(), example).meta({
        description: 'By format: what a receiver gets, with the payload that the format defaults to.',
      }),
    }),
  ),
});

/** What there is to subscribe to, with what each sends in every format (contracts AX12). */
export function eventTypeRoutes(catalogue: Catalogue, formats: Formats): Route[] {
  const all = [...formats.values()];
  // Made once: catalogue and formats do not change while the program runs.
  const data = catalogue.types.map((type) => ({
    ...type,
    formats: all.filter((format) => format.documents(type.name)).map(({ name }) => name),
    examples: Object.fromEntries(all.map((format) => [format.name, exampleOf(type, format, catalogue)])),
  }));
  return [
    route({
      method: 'GET',
      path: '/api/v1/event-types',
      scope: null,
      tag: 'webhooks',
      summary: 'List event types, with an example of each in every format',
      description: 'Examples hold placeholders only.',
      answers: { 200: shape },
      handle: () => Promise.resolve({ status: 200, body: { data } }),
    }),
  ];
}

/** The very message that the format would make, about the type's sample. */
function exampleOf(type: EventType, format: Format, catalogue: Catalogue) {
  const { headers, body } = format.message({
    event: {
      id: PLACEHOLDER.eventId,
      type: type.name,
      objectType: type.object,
      objectId: type.sample['id'] as Uuid,
      occurredAt: PLACEHOLDER.at,
      json: JSON.stringify(type.sample),
      data: () => type.sample,
      summary: () => catalogue.summary(type.object, type.sample),
      context: () => type.context ?? {},
    },
    workspaceId: PLACEHOLDER.workspaceId,
    clientNumber: PLACEHOLDER.clientNumber,
    endpointId: PLACEHOLDER.endpointId,
    payload: format.defaults.payload,
    secrets: [PLACEHOLDER.secret],
    attemptedAt: Date.parse(PLACEHOLDER.at) / 1000,
    bodyOf: (json) => json,
  });
  return { name: format.nameOf(type.name), headers, body: JSON.parse(body) as unknown };
}
