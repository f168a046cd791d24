import { z } from 'zod';
import { plainText } from '../base/values/text.ts';
import { invalid } from '../base/errors.ts';
import { decodeCursor, encodeCursor, pageOf } from '../db/page.ts';
import { missing, nounOf, type CustomType, type CustomTypes } from '../events/custom-event-type.ts';
import type { Catalogue } from '../events/event-type.ts';
import type { RecordChange } from '../http/record-change.ts';
import { pageQuery, pageShape, type PageQuery } from '../http/paging.ts';
import { route, type Ctx, type Route } from '../http/route.ts';

const PATH = '/api/v1/custom-event-types';
/** `noun.verb`. */
export const CUSTOM_NAME = /^[a-z][a-z0-9_]{0,39}\.[a-z][a-z0-9_]{0,39}$/;

/** Nouns that are ours, or will be: what other systems' documents name, whose events fire from real records alone. */
const OUR_NOUNS =
  'webhook event workspace member user api_key pipeline stage activity inbox form lead_form payment subscription appointment email sms call enrolment assessment course invoice product note tag campaign fairlead'.split(
    ' ',
  );

const changeable = {
  description: plainText(500).trim().meta({ description: 'When it happens, in one sentence.' }),
  schema: z.record(z.string(), z.unknown()).meta({
    description:
      'What its data looks like: a JSON Schema (draft 2020-12) of an object, at most 16 KiB, without `pattern`, `patternProperties` and `$ref`.',
    examples: [{ type: 'object', properties: { number: { type: 'string' } }, required: ['number'] }],
  }),
  sample: z.record(z.string(), z.unknown()).meta({
    description: 'An example of its data, which Send test sends. It has to fit the schema; at most 32 KiB.',
  }),
};

/** Set by the server; a client that sends back what it read is not refused for them. */
const ignored = Object.fromEntries(
  ['id', 'version', 'created_by', 'created_at', 'updated_at'].map((name) => [
    name,
    z.unknown().optional().meta({ readOnly: true }),
  ]),
);

const createBody = z.strictObject({
  name: z
    .string()
    .regex(CUSTOM_NAME, 'must be noun.verb in lower case, as in order.shipped')
    .meta({ examples: ['order.shipped'] }),
  ...changeable,
  description: changeable.description.default(''),
  ...ignored,
});

const updateBody = z.strictObject({
  name: z.string().optional().meta({ description: 'Can not be changed.' }),
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

/** The event types that a workspace defines. */
export function customTypeRoutes(types: CustomTypes, catalogue: Catalogue, ledger: RecordChange): Route[] {
  const common = { scope: 'webhooks:manage', tag: 'custom events', params: { name: CUSTOM_NAME } } as const;
  const reading = { ...common, scope: 'webhooks:read' } as const;
  const ours = new Set([...OUR_NOUNS, ...catalogue.types.map(({ name }) => nounOf(name))]);

  const list = route<undefined, PageQuery>({
    ...reading,
    method: 'GET',
    path: PATH,
    summary: 'List event types of your own',
    description: 'By name. `GET /api/v1/event-types` has them too, with what each sends in every format.',
    query: pageQuery,
    answers: { 200: pageShape(shape) },
    async handle({ caller, query, url }) {
      const { workspaceId } = caller;
      const after = query.cursor ? await nameOf(workspaceId, decodeCursor(query.cursor, 'custom').id) : null;
      const rows = await types.list(workspaceId, query.limit + 1, after);
      const cursorOf = (row: CustomType) =>
        encodeCursor({ sort: 'custom', value: row.created_at, id: row.id });
      return { status: 200, body: pageOf(rows, query.limit, url, cursorOf, (row) => row) };
    },
  });

  const create = route<z.output<typeof createBody>>({
    ...common,
    method: 'POST',
    path: PATH,
    summary: 'Define an event type of your own',
    description: 'Its name is noun.verb, and the noun none of ours. 409 where there is one of this name.',
    body: createBody,
    answers: { 201: shape },
    async handle(ctx) {
      const { name, description, schema, sample } = ctx.body;
      if (ours.has(nounOf(name)))
        throw invalid('name', `begins with ${nounOf(name)}, a noun of Fairlead's own`);
      const { workspaceId, actor } = ctx.caller;
      await types.checkDefinition(workspaceId, { schema, sample });
      const made = await types.create(
        { workspaceId, actor },
        { name, description, schema, sample },
        entering(ctx, 201, 'created'),
      );
      return { status: 201, body: made, headers: { location: `${PATH}/${name}` } };
    },
  });

  const get = route({
    ...reading,
    method: 'GET',
    path: `${PATH}/:name`,
    summary: 'Get an event type of your own',
    answers: { 200: shape },
    handle: async (ctx) => ({ status: 200, body: await found(ctx) }),
  });

  const update = (method: 'PATCH' | 'PUT') =>
    route<z.output<typeof updateBody>>({
      ...common,
      method,
      path: `${PATH}/:name`,
      summary: 'Change an event type of your own',
      description: 'Events that were published stay as they are.',
      body: updateBody,
      answers: { 200: shape },
      async handle(ctx) {
        const current = await found(ctx);
        const { name, description, schema, sample } = ctx.body;
        if (name !== undefined && name !== current.name)
          throw invalid('name', 'can not be changed; define another');
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
          body: await types.update(workspaceId, current.name, change, entering(ctx, 200, 'updated')),
        };
      },
    });

  const remove = route({
    ...common,
    method: 'DELETE',
    path: `${PATH}/:name`,
    summary: 'Delete an event type of your own',
    description:
      'Its events stay, and can be read and sent again. Webhooks that name it stay, and get none of it.',
    answers: { 204: 'Deleted.' },
    async handle(ctx) {
      await types.remove(ctx.caller.workspaceId, ctx.params['name']!, entering(ctx, 204, 'deleted'));
      return { status: 204, body: null };
    },
  });

  return [list, create, get, update('PATCH'), update('PUT'), remove];

  async function found({ caller, params }: Ctx<unknown, unknown>): Promise<CustomType> {
    const type = await types.find(caller.workspaceId, params['name']!);
    if (!type) throw missing();
    return type;
  }

  /** The place of a cursor's type, which may be gone by then: its list is short. */
  async function nameOf(workspaceId: string, id: string): Promise<string> {
    const all = await types.list(workspaceId, 1000, null);
    const type = all.find((item) => item.id === id);
    if (!type) throw invalid('cursor', 'its event type was deleted; begin again without it');
    return type.name;
  }

  function entering(
    ctx: Ctx<unknown, unknown>,
    status: number,
    done: 'created' | 'updated' | 'deleted',
  ): Parameters<CustomTypes['remove']>[2] {
    return (trx, { id, name, ...rest }) =>
      ledger.enter(
        trx,
        ctx,
        {
          action: `custom_event_type.${done}`,
          objectType: 'custom_event_type',
          objectId: id,
          details: { name },
        },
        { status, body: done === 'deleted' ? '' : JSON.stringify({ id, name, ...rest }) },
      );
  }
}
