import { z } from 'zod';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import type { CustomTypes } from '../delivery/custom-type.ts';
import { TEST_EVENT_TYPE, type Catalogue, type EventType } from '../delivery/event.ts';
import type { Formats } from '../delivery/format.ts';
import { route, type Route } from '../http/route.ts';
import { exampleOf } from './event-example.ts';

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
    subscribable: z.boolean().meta({
      description: 'Whether a webhook can subscribe to it: `webhook.test` comes from Send test alone.',
    }),
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
  const ours = [...catalogue.types, TEST_EVENT_TYPE].map((type) => shown(type));
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
    const subscribable = type.name !== TEST_EVENT_TYPE.name;
    return {
      ...type,
      custom: type.custom === true,
      subscribable,
      formats: all.filter((format) => subscribable && format.documents(type.name)).map(({ name }) => name),
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
