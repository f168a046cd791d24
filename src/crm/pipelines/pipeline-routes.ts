import { z } from 'zod';
import { ApiError } from '../../base/errors.ts';
import { caseless } from '../../base/fold.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { route, type Answer, type Ctx, type Route } from '../../http/route.ts';
import { requiredText } from '../../base/values/text.ts';
import type { Pipeline } from './pipeline.ts';
import type { Pipelines } from './pipeline-store.ts';

const PATH = '/api/v1/pipelines';

const ignored = Object.fromEntries(
  ['id', 'version', 'created_by', 'created_at', 'updated_at'].map((name) => [
    name,
    z.unknown().optional().meta({ readOnly: true, description: 'Set by the server; ignored when sent.' }),
  ]),
);

const stages = z
  .array(
    z.strictObject({
      id: z
        .uuid()
        .toLowerCase()
        .optional()
        .meta({ description: 'Of a stage that stays; a stage without it is made.' }),
      name: requiredText(100),
    }),
  )
  .min(1, 'must hold at least one stage')
  .max(100, 'must hold at most 100 stages')
  .refine(
    (list) => new Set(list.map(({ name }) => caseless(name))).size === list.length,
    'must have names that differ',
  )
  .meta({ description: 'In their order.' });

const createBody = z.strictObject({
  ...ignored,
  name: requiredText(100),
  is_default: z.boolean().default(false),
  stages,
});

const updateBody = z.strictObject({
  ...ignored,
  name: requiredText(100).optional(),
  is_default: z.boolean().optional(),
  stages: stages.optional().meta({
    description: 'All of them, in their order; one that is left out is removed, if it holds no deals.',
  }),
});

const shape = z
  .object({
    id: z.uuid(),
    version: z.int(),
    name: z.string(),
    is_default: z.boolean().meta({ description: 'Deals go there where no pipeline is named.' }),
    stages: z.array(z.object({ id: z.uuid(), name: z.string() })),
    created_by: z.string(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Pipeline' });

/** Pipelines with their stages. There are few: a list is all of them. */
export function pipelineRoutes(pipelines: Pipelines, recordChange: RecordChange): Route[] {
  const tag = 'pipelines';

  const list = route({
    method: 'GET',
    path: PATH,
    scope: 'pipelines:read',
    tag,
    summary: 'List pipelines',
    description: 'All of them, oldest first, with their stages in order.',
    answers: {
      200: z.object({
        data: z.array(shape),
        has_more: z.boolean(),
        next_cursor: z.null(),
        next_url: z.null(),
      }),
    },
    handle: async ({ caller }) => ({
      status: 200,
      body: {
        data: await pipelines.listFor(caller.workspaceId),
        has_more: false,
        next_cursor: null,
        next_url: null,
      },
    }),
  });

  const create = route<z.output<typeof createBody>>({
    method: 'POST',
    path: PATH,
    scope: 'pipelines:write',
    tag,
    summary: 'Create a pipeline',
    body: createBody,
    answers: { 201: shape },
    async handle(ctx) {
      const { workspaceId, actor } = ctx.caller;
      const made = await pipelines.create({ workspaceId, actor }, ctx.body, entering(ctx, 201, 'created'));
      return { ...answer(201, made), headers: { etag: '"1"', location: `${PATH}/${made.id}` } };
    },
  });

  const get = route({
    method: 'GET',
    path: `${PATH}/:id`,
    scope: 'pipelines:read',
    tag,
    summary: 'Get a pipeline',
    answers: { 200: shape },
    async handle({ caller, params }) {
      const found = (await pipelines.listFor(caller.workspaceId)).find(({ id }) => id === params['id']);
      if (!found) throw new ApiError('not_found', 'There is no pipeline with this id.');
      return answer(200, found);
    },
  });

  const update = (method: 'PATCH' | 'PUT') =>
    route<z.output<typeof updateBody>>({
      method,
      path: `${PATH}/:id`,
      scope: 'pipelines:write',
      tag,
      summary: 'Update a pipeline',
      description: 'Also to order, name, add and remove stages. 409 where a removed stage holds deals.',
      body: updateBody,
      supportsIfMatch: true,
      answers: { 200: shape },
      async handle(ctx) {
        const { body, caller, params, ifMatch } = ctx;
        return answer(
          200,
          await pipelines.update(
            caller.workspaceId,
            params['id']!,
            body,
            ifMatch,
            entering(ctx, 200, 'updated'),
          ),
        );
      },
    });

  const remove = route({
    method: 'DELETE',
    path: `${PATH}/:id`,
    scope: 'pipelines:write',
    tag,
    summary: 'Delete a pipeline',
    description: '409 for the default one, and for one that holds deals.',
    supportsIfMatch: true,
    answers: { 204: 'Deleted.' },
    async handle(ctx) {
      const { caller, params, ifMatch } = ctx;
      await pipelines.remove(caller.workspaceId, params['id']!, ifMatch, entering(ctx, 204, 'deleted'));
      return { status: 204, body: null };
    },
  });

  return [list, create, get, update('PATCH'), update('PUT'), remove];

  /** Enters the change, with its answer, in the change's own transaction. */
  function entering(
    ctx: Ctx<unknown, unknown>,
    status: number,
    done: 'created' | 'updated' | 'deleted',
  ): Parameters<Pipelines['create']>[2] {
    return (trx, pipeline) => {
      const auditEntry = {
        action: `pipeline.${done}`,
        objectType: 'pipeline',
        objectId: pipeline.id,
        details: { name: pipeline.name, stages: pipeline.stages.map(({ name }) => name) },
      };
      const body = done === 'deleted' ? '' : JSON.stringify(pipeline);
      return recordChange.enter(trx, ctx, auditEntry, { status, body });
    };
  }
}

function answer(status: number, pipeline: Pipeline): Answer {
  return { status, body: JSON.stringify(pipeline), headers: { etag: `"${pipeline.version}"` } };
}
