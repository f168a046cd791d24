import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { makeTextCache, type TextCache } from '../../base/text-cache.ts';
import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { CustomTypes, CustomTypeStamp } from '../../events/custom-event-type.ts';
import { TEST_EVENT_TYPE, type Catalogue, type EventType } from '../../events/event-type.ts';
import type { Format, Formats } from '../../delivery/endpoint/webhook-format.ts';
import { route, type Route } from '../../http/route.ts';
import { listed } from '../../record/record-selection.ts';
import { exampleOf, nameIn } from './event-example.ts';

/** Maximum size of a definition, as JSON characters, whose examples are in the list: each format repeats it twice. */
const MAX_LISTED_LENGTH = 8_192;
/** Characters of rendered texts that are cached, for the list and single types. */
const CACHED = 16_777_216;
/** Definitions that are read at once. */
const READ_AT_ONCE = 8;

const jsonSchema = z.record(z.string(), z.unknown());

const example = z.object({
  name: z.string().meta({ description: "The format's name of the event type." }),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.unknown().optional(),
  schema: jsonSchema.optional().meta({ description: 'A JSON Schema of the body.' }),
});

const typeShape = z
  .object({
    name: z.string(),
    object: z.string(),
    description: z.string(),
    custom: z.boolean().meta({ description: 'Whether the workspace defined it.' }),
    subscribable: z.boolean().meta({
      description: 'Whether webhooks can subscribe to it: `webhook.test` is sent only by Send test.',
    }),
    formats: z.array(z.string()).meta({ description: 'The formats whose `*` includes it.' }),
    names: z
      .record(z.string(), z.string())
      .meta({ description: "By format: the format's name of the event type." }),
    sample: z
      .record(z.string(), z.unknown())
      .meta({ description: 'The whole record, as in the payload `full`.' }),
    schema: jsonSchema.meta({ description: 'A JSON Schema of the record.' }),
    context: z.record(z.string(), z.unknown()).optional().meta({
      description:
        'Additional data of the event, in the feed and in webhook formats that have a place for it.',
    }),
    context_schema: jsonSchema.optional().meta({ description: 'A JSON Schema of the context.' }),
    examples: z.record(z.string(), example).meta({
      description:
        'By format: what a receiver gets, with the default payload of the format. In the list, a custom type whose schema and sample have more than 8 KiB together has only the names; read it by its name for the rest.',
    }),
  })
  .meta({ id: 'EventType' });

type Field = keyof z.output<typeof typeShape>;
const FIELDS = Object.keys(typeShape.shape) as Field[];

const query = z.strictObject({
  fields: z
    .string()
    .max(200)
    .refine((sent) => listed(sent).every((name) => (FIELDS as string[]).includes(name)), {
      error: `must be some of ${FIELDS.join(', ')}`,
    })
    .optional()
    .transform((sent) => (sent === undefined ? FIELDS : selected(listed(sent))))
    .meta({
      description:
        'Only these fields, separated by commas, and `name`. Default: all; `sample`, `schema` and `examples` are most of the answer.',
    }),
});

/** In the order of an answer, so that few selections are cached. */
function selected(requested: readonly string[]): readonly Field[] {
  return FIELDS.filter((field) => field === 'name' || requested.includes(field));
}

const reading = { method: 'GET', scope: null, tag: 'webhooks' } as const;

interface EventTypeParts {
  catalogue: Catalogue;
  formats: readonly Format[];
  customTypes: Pick<CustomTypes, 'some' | 'stamps'>;
}

/** The event types with their payloads in every format (AX12, AC6). */
export function eventTypeRoutes(
  catalogue: Catalogue,
  formats: Formats,
  customTypes: Pick<CustomTypes, 'some' | 'stamps'>,
): Route[] {
  const parts = { catalogue, formats: [...formats.values()], customTypes };
  const types = [...catalogue.types, TEST_EVENT_TYPE];
  return [listRoute(parts, types), getRoute(parts, types)];
}

/** @param types the built-in ones, which do not change while the program runs */
function listRoute(parts: EventTypeParts, types: readonly EventType[]): Route {
  const cache = makeTextCache(CACHED);
  const builtIn = (fields: readonly Field[]) => {
    const key = `built-in/${fields.join(',')}`;
    return cache.get(key) ?? cache.put(key, types.map((type) => textOf(parts, type, fields)).join(','));
  };
  return route<undefined, z.output<typeof query>>({
    ...reading,
    path: '/api/v1/event-types',
    summary: 'List event types with examples and JSON Schemas in every format',
    description:
      'Examples contain placeholders only. Those of a large custom type are at `/api/v1/event-types/{name}`.',
    query,
    answers: { 200: z.object({ data: z.array(typeShape) }) },
    async handle({ caller, query: { fields } }) {
      const own = await customTexts(parts, cache, caller.workspaceId, fields);
      return { status: 200, body: `{"data":[${[builtIn(fields), ...own].join(',')}]}` };
    },
  });
}

function getRoute(parts: EventTypeParts, types: readonly EventType[]): Route {
  const { customTypes } = parts;
  const cache = makeTextCache(CACHED);
  return route({
    ...reading,
    path: '/api/v1/event-types/:name',
    params: { name: /^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$/ },
    summary: 'Get an event type',
    answers: { 200: typeShape },
    async handle({ caller, params }) {
      const called = ({ name }: { name: string }) => name === params['name'];
      const type = types.find(called);
      if (type) {
        const text = cache.get(type.name) ?? cache.put(type.name, textOf(parts, type, FIELDS));
        return { status: 200, body: text };
      }
      const stamp = (await customTypes.stamps(caller.workspaceId)).find(called);
      const found =
        stamp && (cache.get(keyOf(stamp)) ?? (await fullText(parts, cache, caller.workspaceId, stamp)));
      if (!found) throw new ApiError('not_found', 'No event type with this name.');
      return { status: 200, body: found };
    },
  });
}

async function fullText(
  parts: EventTypeParts,
  cache: TextCache,
  workspaceId: Uuid,
  stamp: CustomTypeStamp,
): Promise<string | undefined> {
  const [read] = await parts.customTypes.some(workspaceId, [stamp.id]);
  return read && cache.put(keyOf(read), textOf(parts, read.type, FIELDS));
}

/** The list of custom types, by name. Few are rendered at a time, so that other requests run in between. */
async function customTexts(
  parts: EventTypeParts,
  cache: TextCache,
  workspaceId: Uuid,
  fields: readonly Field[],
): Promise<string[]> {
  const { customTypes } = parts;
  const key = (stamp: CustomTypeStamp) => `${keyOf(stamp)}/${fields.join(',')}`;
  const stamps = await customTypes.stamps(workspaceId);
  const texts = new Map(stamps.map((stamp) => [stamp.id, cache.get(key(stamp))]));
  const missing = stamps.filter(({ id }) => texts.get(id) === undefined).map(({ id }) => id);
  for (let at = 0; at < missing.length; at += READ_AT_ONCE) {
    for (const item of await customTypes.some(workspaceId, missing.slice(at, at + READ_AT_ONCE))) {
      await setImmediate();
      const text = () => textOf(parts, item.type, fields, isLarge(item.type));
      texts.set(item.id, cache.get(key(item)) ?? cache.put(key(item), text()));
    }
  }
  return [...texts.values()].filter((text) => text !== undefined);
}

function isLarge({ schema, sample }: EventType): boolean {
  return JSON.stringify([schema, sample]).length > MAX_LISTED_LENGTH;
}

/** An event type as JSON. @param hasNamesOnly examples have only the names of the type */
function textOf(
  parts: EventTypeParts,
  type: EventType,
  fields: readonly Field[],
  hasNamesOnly = false,
): string {
  const { formats, catalogue } = parts;
  const { context, contextSchema } = type;
  const subscribable = type.name !== TEST_EVENT_TYPE.name;
  const byFormat = <Value>(valueOf: (format: Format) => Value) =>
    Object.fromEntries(formats.map((format) => [format.name, valueOf(format)]));
  const exampleIn = (format: Format) =>
    hasNamesOnly ? { name: nameIn(format, type) } : exampleOf(type, format, catalogue);
  const values: Readonly<Record<Field, () => unknown>> = {
    name: () => type.name,
    object: () => type.object,
    description: () => type.description,
    custom: () => type.custom === true,
    subscribable: () => subscribable,
    formats: () =>
      formats.filter((item) => subscribable && item.documents(type.name)).map(({ name }) => name),
    names: () => byFormat((format) => nameIn(format, type)),
    sample: () => type.sample,
    schema: () => type.schema,
    context: () => context,
    context_schema: () => context && contextSchema,
    examples: () => byFormat(exampleIn),
  };
  return JSON.stringify(Object.fromEntries(fields.map((field) => [field, values[field]()])));
}

const keyOf = ({ id, version }: CustomTypeStamp) => `${id}/${version}`;
