import { z } from 'zod';
import { recordScopes } from '../../account/scope.ts';
import { ApiError } from '../../base/errors.ts';
import { caseless } from '../../base/fold.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { route, type Answer, type Route } from '../../http/route.ts';
import { requiredText } from '../../base/values/text.ts';
import { makeChangeRecorder, type ChangeRecorder } from '../../http/change-recorder.ts';
import type { TransferDeals } from './deal-transfer.ts';
import { auditDetails, probability, type Pipeline } from './pipeline.ts';
import type { Pipelines } from './pipeline-store.ts';
import { MAX_STAGES } from './stage-edit.ts';
import { removalQuery, removeEmptied, type RemovalQuery } from './stage-removal.ts';
import { stageRoutes } from './stage-routes.ts';

export const PIPELINE_SCOPES = recordScopes({ plural: 'pipelines', pluralLabel: 'Pipelines' }, 'manager');

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
        .meta({ description: 'Id of an existing stage; a stage without an id is created.' }),
      name: requiredText(100),
      probability: probability.optional(),
    }),
  )
  .min(1, 'must hold at least one stage')
  .max(MAX_STAGES, `must hold at most ${MAX_STAGES} stages`)
  .refine(
    (list) => new Set(list.map(({ name }) => caseless(name))).size === list.length,
    'must have distinct names',
  )
  .meta({ description: 'In order.' });

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
    description: 'All stages, in order; a stage that is left out is removed, unless it holds deals.',
  }),
});

const shape = z
  .object({
    id: z.uuid(),
    version: z.int(),
    name: z.string(),
    is_default: z.boolean().meta({ description: 'Whether deals without a pipeline go here.' }),
    stages: z.array(z.object({ id: z.uuid(), name: z.string(), probability })),
    created_by: z.string(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Pipeline' });

const tag = 'pipelines';

/** The routes of pipelines with their stages. */
export function pipelineRoutes(
  pipelines: Pipelines,
  recordChange: RecordChange,
  transferDeals: TransferDeals,
): Route[] {
  const changeRecorder = makeChangeRecorder<Pipeline>(recordChange, {
    objectType: 'pipeline',
    detailsOf: auditDetails,
  });
  return [
    listRoute(pipelines),
    createRoute(pipelines, changeRecorder),
    getRoute(pipelines),
    updateRoute('PATCH', pipelines, changeRecorder),
    updateRoute('PUT', pipelines, changeRecorder),
    deleteRoute(pipelines, changeRecorder, transferDeals),
    ...stageRoutes({ pipelines, recordChange, transferDeals }),
  ];
}

/** A workspace has few pipelines, so a list is one page. */
function listRoute(pipelines: Pipelines): Route {
  return route({
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
}

function createRoute(pipelines: Pipelines, changeRecorder: ChangeRecorder<Pipeline>): Route {
  return route<z.output<typeof createBody>>({
    method: 'POST',
    path: PATH,
    scope: 'pipelines:write',
    tag,
    summary: 'Create a pipeline',
    body: createBody,
    answers: { 201: shape },
    async handle(ctx) {
      const { workspaceId, actor } = ctx.caller;
      const afterWrite = changeRecorder(ctx, 201, 'created');
      const pipeline = await pipelines.create({ workspaceId, actor }, ctx.body, afterWrite);
      return {
        ...answer(201, pipeline),
        headers: { etag: '"1"', location: `${PATH}/${pipeline.id}` },
      };
    },
  });
}

function getRoute(pipelines: Pipelines): Route {
  return route({
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
}

function updateRoute(
  method: 'PATCH' | 'PUT',
  pipelines: Pipelines,
  changeRecorder: ChangeRecorder<Pipeline>,
): Route {
  return route<z.output<typeof updateBody>>({
    method,
    path: `${PATH}/:id`,
    scope: 'pipelines:write',
    tag,
    summary: 'Update a pipeline',
    description: 'Also reorders, renames, adds and removes stages. 409 if a removed stage holds deals.',
    body: updateBody,
    supportsIfMatch: true,
    answers: { 200: shape },
    async handle(ctx) {
      const { body, caller, params, ifMatch } = ctx;
      const afterWrite = changeRecorder(ctx, 200, 'updated');
      const pipeline = await pipelines.update(caller.workspaceId, params['id']!, body, ifMatch, afterWrite);
      return answer(200, pipeline);
    },
  });
}

function deleteRoute(
  pipelines: Pipelines,
  changeRecorder: ChangeRecorder<Pipeline>,
  transferDeals: TransferDeals,
): Route {
  return route<undefined, RemovalQuery>({
    method: 'DELETE',
    path: `${PATH}/:id`,
    scope: 'pipelines:write',
    tag,
    summary: 'Delete a pipeline',
    description: '409 for the default pipeline, and for one that holds deals unless they are moved.',
    query: removalQuery,
    supportsIfMatch: true,
    answers: { 204: 'Deleted.' },
    async handle(ctx) {
      const { caller, params, ifMatch } = ctx;
      const { workspaceId } = caller;
      const id = params['id']!;
      const pipeline = (await pipelines.listFor(workspaceId)).find((item) => item.id === id);
      const afterWrite = changeRecorder(ctx, 204, 'deleted');
      const remove = () => pipelines.remove(workspaceId, id, ifMatch, afterWrite);
      const isMoveable = pipeline && !pipeline.is_default && (!ifMatch || ifMatch.includes(pipeline.version));
      const stageIds = pipeline?.stages.map((stage) => stage.id) ?? [];
      // What cannot be deleted is refused before any deal moves.
      await (isMoveable
        ? removeEmptied(ctx, { pipelineId: id, stageIds }, { pipelines, transferDeals }, remove)
        : remove());
      return { status: 204, body: null };
    },
  });
}

function answer(status: number, pipeline: Pipeline): Answer {
  return { status, body: JSON.stringify(pipeline), headers: { etag: `"${pipeline.version}"` } };
}
