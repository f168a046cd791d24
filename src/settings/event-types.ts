import { z } from 'zod';
import { ApiError } from '../base/errors.ts';
import { unprefixed, type Uuid } from '../base/id.ts';
import type { CustomTypes } from '../delivery/custom-type.ts';
import { joined, objectOf, summarySchema, textField } from '../delivery/event-schema.ts';
import type { Catalogue, EventType } from '../delivery/event.ts';
import type { Format, Formats } from '../delivery/format.ts';
import { route, type Route } from '../http/route.ts';

/** Placeholders of an example: nobody's workspace, webhook, event and secret. */
const PLACEHOLDER = {
  workspaceId: '01976d3c-0000-7000-8000-00000000000a',
  clientNumber: 12_345_678,
  endpointId: '01976d3c-0000-7000-8000-00000000000b',
  eventId: '01976d3c-0000-7000-8000-00000000000c',
  objectId: '01976d3c-0000-7000-8000-00000000000d',
  secret: 'whsec_cGxhY2Vob2xkZXItcGxhY2Vob2xkZXItcGxhY2Vob2xk',
  at: '2026-06-01T12:00:00.000Z',
} as const;

const jsonSchema = z.record(z.string(), z.unknown());

const example = z.object({
  name: z.string().meta({ description: "The format's own name of the event." }),
  headers: z.record(z.string(), z.string()),
  body: z.unknown(),
  schema: jsonSchema.meta({ description: 'A JSON Schema of the body.' }),
});

const typeShape = z
  .object({
    name: z.string(),
    object: z.string(),
    description: z.string(),
    custom: z.boolean().meta({ description: 'Whether the workspace defined it, and not we.' }),
    formats: z.array(z.string()).meta({ description: 'The formats whose `*` includes it.' }),
    sample: z.record(z.string(), z.unknown()).meta({ description: 'The whole record, as `full` has it.' }),
    schema: jsonSchema.meta({ description: 'A JSON Schema of the record.' }),
    context: z
      .record(z.string(), z.unknown())
      .optional()
      .meta({ description: 'What it tells beside the record, in the feed and the format `automatenexus`.' }),
    context_schema: jsonSchema.optional().meta({ description: 'A JSON Schema of that.' }),
    examples: z.record(z.string(), example).meta({
      description: 'By format: what a receiver gets, with the payload that the format defaults to.',
    }),
  })
  .meta({ id: 'EventType' });

/** What there is to subscribe to, with what each sends in every format (contracts AX12, AC6). */
export function eventTypeRoutes(
  catalogue: Catalogue,
  formats: Formats,
  customTypes: Pick<CustomTypes, 'catalogueOf'>,
): Route[] {
  const all = [...formats.values()];
  // Ours are made once: they do not change while the program runs.
  const ours = catalogue.types.map((type) => shown(type));
  const oursText = ours.map((type) => JSON.stringify(type)).join(',');
  const reading = { method: 'GET', scope: null, tag: 'webhooks' } as const;
  return [
    route({
      ...reading,
      path: '/api/v1/event-types',
      summary: 'List event types, with an example and a JSON Schema of each in every format',
      description: 'Examples hold placeholders only.',
      answers: { 200: z.object({ data: z.array(typeShape) }) },
      async handle({ caller }) {
        const own = (await customOf(caller.workspaceId)).map((type) => JSON.stringify(shown(type)));
        return { status: 200, body: `{"data":[${[oursText, ...own].join(',')}]}` };
      },
    }),
    route({
      ...reading,
      path: '/api/v1/event-types/:name',
      params: { name: /^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$/ },
      summary: 'Get an event type',
      answers: { 200: typeShape },
      async handle({ caller, params }) {
        const called = ({ name }: { name: string }) => name === params['name'];
        const type = ours.find(called);
        if (type) return { status: 200, body: type };
        const own = (await customOf(caller.workspaceId)).find(called);
        if (!own) throw new ApiError('not_found', 'There is no event type of this name.');
        return { status: 200, body: shown(own) };
      },
    }),
  ];

  async function customOf(workspaceId: Uuid): Promise<EventType[]> {
    return (await customTypes.catalogueOf(workspaceId)).types.filter(({ custom }) => custom);
  }

  function shown({ schema, contextSchema, context, ...type }: EventType) {
    return {
      ...type,
      custom: type.custom === true,
      formats: all.filter((format) => format.documents(type.name)).map(({ name }) => name),
      schema,
      ...(context && { context, context_schema: contextSchema }),
      examples: Object.fromEntries(
        all.map((format) => [
          format.name,
          exampleOf(
            { schema, ...(contextSchema && { contextSchema }), ...(context && { context }), ...type },
            format,
            catalogue,
          ),
        ]),
      ),
    };
  }
}

/** The very message that the format would make, about the type's sample. */
function exampleOf(type: EventType, format: Format, catalogue: Catalogue) {
  const { headers, body } = format.message({
    event: {
      id: PLACEHOLDER.eventId,
      type: type.name,
      objectType: type.object,
      objectId: type.custom
        ? PLACEHOLDER.objectId
        : (unprefixed('wh', type.sample['id'] as string) ?? (type.sample['id'] as Uuid)),
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
  return {
    name: format.nameOf(type.name),
    headers,
    body: JSON.parse(body) as unknown,
    schema: bodySchema(type, format, catalogue),
  };
}

/** Of what the format sends about such an event, with the payload that it defaults to. */
function bodySchema(type: EventType, format: Format, catalogue: Catalogue) {
  const { payload } = format.defaults;
  const id = (!type.custom && type.schema.properties['id']) || textField('What it is about.');
  const summary = summarySchema(type.schema, catalogue.summary(type.object, type.sample));
  const details = payload === 'full' ? type.schema : joined(objectOf({ id }), summary);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    ...format.schema(type, payload, details),
  };
}
