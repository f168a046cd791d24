import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { makeTextCache, type TextCache } from '../../base/text-cache.ts';
import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { CustomTypes, CustomTypeStamp } from '../../events/custom-event-type.ts';
import { TEST_EVENT_TYPE, type Catalogue, type EventType } from '../../events/event-type.ts';
import type { Format, Formats } from '../../delivery/endpoint/webhook-format.ts';
import { route, type Route } from '../../http/route.ts';
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
  // Built-in types are rendered once, when they are first asked for: they do not change while the program runs.
  let shown: BuiltIn | undefined;
  const builtIn = () => {
    if (shown) return shown;
    const types = [...catalogue.types, TEST_EVENT_TYPE].map((type) => showType(parts, type));
    return (shown = { types, text: types.map((type) => JSON.stringify(type)).join(',') });
  };
  return [listRoute(parts, builtIn), getRoute(parts, builtIn)];
}

/** The built-in types as they are shown, and their texts as members of a list. */
interface BuiltIn {
  types: readonly ShownType[];
  text: string;
}

function listRoute(parts: EventTypeParts, builtIn: () => BuiltIn): Route {
  const cache = makeTextCache(CACHED);
  return route({
    ...reading,
    path: '/api/v1/event-types',
    summary: 'List event types with examples and JSON Schemas in every format',
    description:
      'Examples contain placeholders only. Those of a large custom type are at `/api/v1/event-types/{name}`.',
    answers: { 200: z.object({ data: z.array(typeShape) }) },
    async handle({ caller }) {
      const own = await customTexts(parts, cache, caller.workspaceId);
      return { status: 200, body: `{"data":[${[builtIn().text, ...own].join(',')}]}` };
    },
  });
}

function getRoute(parts: EventTypeParts, builtIn: () => BuiltIn): Route {
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
      const type = builtIn().types.find(called);
      if (type) return { status: 200, body: type };
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
  return read && cache.put(keyOf(read), JSON.stringify(showType(parts, read.type)));
}

/** The list of custom types, by name. Few are rendered at a time, so that other requests run in between. */
async function customTexts(parts: EventTypeParts, cache: TextCache, workspaceId: Uuid): Promise<string[]> {
  const { customTypes } = parts;
  const stamps = await customTypes.stamps(workspaceId);
  const texts = new Map(stamps.map((stamp) => [stamp.id, cache.get(keyOf(stamp))]));
  const missing = stamps.filter(({ id }) => texts.get(id) === undefined).map(({ id }) => id);
  for (let at = 0; at < missing.length; at += READ_AT_ONCE) {
    for (const item of await customTypes.some(workspaceId, missing.slice(at, at + READ_AT_ONCE))) {
      await setImmediate();
      const key = keyOf(item);
      texts.set(item.id, cache.get(key) ?? cache.put(key, JSON.stringify(showInList(parts, item.type))));
    }
  }
  return [...texts.values()].filter((text) => text !== undefined);
}

function showInList(parts: EventTypeParts, type: EventType) {
  const { schema, sample } = type;
  if (JSON.stringify([schema, sample]).length <= MAX_LISTED_LENGTH) return showType(parts, type);
  return {
    ...described(parts, type),
    schema,
    examples: Object.fromEntries(
      parts.formats.map((format) => [format.name, { name: nameIn(format, type) }]),
    ),
  };
}

function described(
  { formats }: EventTypeParts,
  { schema: _schema, contextSchema: _context, context: _own, contextInRecord: _inRecord, ...type }: EventType,
) {
  const subscribable = type.name !== TEST_EVENT_TYPE.name;
  return {
    ...type,
    custom: type.custom === true,
    subscribable,
    formats: formats.filter((format) => subscribable && format.documents(type.name)).map(({ name }) => name),
  };
}

type ShownType = ReturnType<typeof showType>;

function showType(parts: EventTypeParts, type: EventType) {
  const { formats, catalogue } = parts;
  const { schema, context, contextSchema } = type;
  return {
    ...described(parts, type),
    schema,
    ...(context && { context, context_schema: contextSchema }),
    examples: Object.fromEntries(formats.map((format) => [format.name, exampleOf(type, format, catalogue)])),
  };
}

const keyOf = ({ id, version }: CustomTypeStamp) => `${id}/${version}`;
