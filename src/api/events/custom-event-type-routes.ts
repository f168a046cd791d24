import { z } from 'zod';
import { plainText } from '../../base/values/text.ts';
import { invalid } from '../../base/errors.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../db/page.ts';
import { missing, nounOf, type CustomType, type CustomTypes } from '../../events/custom-event-type.ts';
import type { Catalogue } from '../../events/event-type.ts';
import { makeChangeRecorder, type ChangeRecorder } from '../../http/change-recorder.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { pageQuery, pageShape, type PageQuery } from '../../http/paging.ts';
import { route, type Ctx, type Route } from '../../http/route.ts';

interface CustomTypeParts {
  types: CustomTypes;
  catalogue: Catalogue;
  recorder: ChangeRecorder<CustomType>;
}

const PATH = '/api/v1/custom-event-types';
/** `noun.verb`. */
export const CUSTOM_NAME = /^[a-z][a-z0-9_]{0,39}\.[a-z][a-z0-9_]{0,39}$/;

/**
 * Nouns of Fairlead, now or later: other systems' documentation uses them, and their events must come only from
 * real records.
 */
const RESERVED_NOUNS =
  'webhook event workspace member user api_key pipeline stage activity inbox form lead_form payment subscription appointment email sms call enrolment assessment course invoice product note tag campaign fairlead'.split(
    ' ',
  );

const changeable = {
  description: plainText(500).trim().meta({ description: 'When it occurs, in one sentence.' }),
  schema: z.record(z.string(), z.unknown()).meta({
    description:
      'The JSON Schema (draft 2020-12) of its data: an object, at most 16 KiB, without `pattern`, `patternProperties` and `$ref`.',
    examples: [{ type: 'object', properties: { number: { type: 'string' } }, required: ['number'] }],
  }),
  sample: z.record(z.string(), z.unknown()).meta({
    description: 'An example of its data, sent by Send test. It must match the schema; at most 32 KiB.',
  }),
};

/** Set by the server and ignored in requests, so that clients can send back what they read. */
const ignored = Object.fromEntries(
  ['id', 'version', 'created_by', 'created_at', 'updated_at'].map((name) => [
    name,
    z.unknown().optional().meta({ readOnly: true }),
  ]),
);

const createBody = z.strictObject({
  name: z
    .string()
    .regex(CUSTOM_NAME, 'must be noun.verb in lower case, such as order.shipped')
    .meta({ examples: ['order.shipped'] }),
  ...changeable,
  description: changeable.description.default(''),
  ...ignored,
});

const updateBody = z.strictObject({
  name: z.string().optional().meta({ description: 'Cannot be changed.' }),
  ...z.object(changeable).partial().shape,
  ...ignored,
});

const shape = z
  .object({
    id: z.uuid(),
    version: z.int(),
    name: z.string(),
    description: z.string(),
    schema: z.record(z.string(), z.unknown()),
    sample: z.record(z.string(), z.unknown()),
    created_by: z.string(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'CustomEventType' });

const common = { scope: 'webhooks:manage', tag: 'custom events', params: { name: CUSTOM_NAME } } as const;
const reading = { ...common, scope: 'webhooks:read' } as const;

/** Routes of the event types that a workspace defines. */
export function customTypeRoutes(
  types: CustomTypes,
  catalogue: Catalogue,
  recordChange: RecordChange,
): Route[] {
  const recorder = makeChangeRecorder<CustomType>(recordChange, {
    objectType: 'custom_event_type',
    detailsOf: ({ name }) => ({ name }),
  });
  const parts = { types, catalogue, recorder };
  return [
    listRoute(parts),
    createRoute(parts),
    getRoute(parts),
    updateRoute('PATCH', parts),
    updateRoute('PUT', parts),
    deleteRoute(parts),
  ];
}

function listRoute(parts: CustomTypeParts): Route {
  const { types } = parts;
  return route<undefined, PageQuery>({
    ...reading,
    method: 'GET',
    path: PATH,
    summary: 'List custom event types',
    description: 'By name. `GET /api/v1/event-types` also lists them, with their payloads in every format.',
    query: pageQuery,
    answers: { 200: pageShape(shape) },
    async handle({ caller, query, url }) {
      const { workspaceId } = caller;
      const after = query.cursor
        ? await nameOf(parts, workspaceId, decodeCursor(query.cursor, 'custom').id)
        : null;
      const rows = await types.list(workspaceId, query.limit + 1, after);
      const cursorOf = (row: CustomType) =>
        encodeCursor({ sort: 'custom', value: row.created_at, id: row.id });
      return { status: 200, body: pageOf(rows, query.limit, url, cursorOf, (row) => row) };
    },
  });
}

function createRoute(parts: CustomTypeParts): Route {
  const { types, catalogue } = parts;
  const ours = new Set([...RESERVED_NOUNS, ...catalogue.types.map(({ name }) => nounOf(name))]);
  return route<z.output<typeof createBody>>({
    ...common,
    method: 'POST',
    path: PATH,
    summary: 'Create a custom event type',
    description: 'Its name is noun.verb; the noun must not be one of Fairlead. 409 if the name is taken.',
    body: createBody,
    answers: { 201: shape },
    async handle(ctx) {
      const { name, description, schema, sample } = ctx.body;
      if (ours.has(nounOf(name)))
        throw invalid('name', `begins with ${nounOf(name)}, which is reserved for Fairlead's own events`);
      const { workspaceId, actor } = ctx.caller;
      await types.checkDefinition(workspaceId, { schema, sample });
      const made = await types.create(
        { workspaceId, actor },
        { name, description, schema, sample },
        parts.recorder(ctx, 201, 'created'),
      );
      return { status: 201, body: made, headers: { location: `${PATH}/${name}` } };
    },
  });
}

function getRoute(parts: CustomTypeParts): Route {
  return route({
    ...reading,
    method: 'GET',
    path: `${PATH}/:name`,
    summary: 'Get a custom event type',
    answers: { 200: shape },
    handle: async (ctx) => ({ status: 200, body: await findType(parts, ctx) }),
  });
}

function updateRoute(method: 'PATCH' | 'PUT', parts: CustomTypeParts): Route {
  const { types } = parts;
  return route<z.output<typeof updateBody>>({
    ...common,
    method,
    path: `${PATH}/:name`,
    summary: 'Update a custom event type',
    description: 'Published events do not change.',
    body: updateBody,
    answers: { 200: shape },
    async handle(ctx) {
      const current = await findType(parts, ctx);
      const { name, description, schema, sample } = ctx.body;
      if (name !== undefined && name !== current.name)
        throw invalid('name', 'cannot be changed; create another event type');
      const { workspaceId } = ctx.caller;
      await types.checkDefinition(
        workspaceId,
        { schema: schema ?? current.schema, sample: sample ?? current.sample },
        current,
      );
      const change = {
        ...(description !== undefined && { description }),
        ...(schema && { schema }),
        ...(sample && { sample }),
      };
      return {
        status: 200,
        body: await types.update(workspaceId, current.name, change, parts.recorder(ctx, 200, 'updated')),
      };
    },
  });
}

function deleteRoute(parts: CustomTypeParts): Route {
  const { types } = parts;
  return route({
    ...common,
    method: 'DELETE',
    path: `${PATH}/:name`,
    summary: 'Delete a custom event type',
    description:
      'Its events stay readable and can be sent again. Webhooks that name it stay, but get no new events of it.',
    answers: { 204: 'Deleted.' },
    async handle(ctx) {
      await types.remove(ctx.caller.workspaceId, ctx.params['name']!, parts.recorder(ctx, 204, 'deleted'));
      return { status: 204, body: null };
    },
  });
}

async function findType(
  { types }: CustomTypeParts,
  { caller, params }: Ctx<unknown, unknown>,
): Promise<CustomType> {
  const type = await types.find(caller.workspaceId, params['name']!);
  if (!type) throw missing();
  return type;
}

/** The name of the type with the cursor's id, which may have been deleted. */
async function nameOf({ types }: CustomTypeParts, workspaceId: string, id: string): Promise<string> {
  const all = await types.list(workspaceId, 1000, null);
  const type = all.find((item) => item.id === id);
  if (!type) throw invalid('cursor', 'its event type was deleted; start again without a cursor');
  return type.name;
}
