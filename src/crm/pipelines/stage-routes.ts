import { z } from 'zod';
import { ApiError } from '../../base/errors.ts';
import { caseless } from '../../base/fold.ts';
import type { Uuid } from '../../base/id.ts';
import { requiredText } from '../../base/values/text.ts';
import type { AfterWrite } from '../../db/query.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { pageShape } from '../../http/paging.ts';
import { route, type Ctx, type Route } from '../../http/route.ts';
import type { TransferDeals } from './deal-transfer.ts';
import { auditDetails, probability, type Pipeline } from './pipeline.ts';
import type { Pipelines } from './pipeline-store.ts';
import { MAX_STAGES, stageOf, withChangedStage, withNewStage, withoutStage } from './stage-edit.ts';
import { removalQuery, removeEmptied, type RemovalQuery } from './stage-removal.ts';

const PATH = '/api/v1/pipelines/:id/stages';

const shape = z
  .object({
    id: z.uuid(),
    pipeline_id: z.uuid(),
    name: z.string(),
    probability,
    position: z.int().meta({ description: 'Position in the pipeline, from 1.' }),
  })
  .meta({ id: 'Stage' });

const body = z.strictObject({
  ...Object.fromEntries(
    ['id', 'pipeline_id'].map((name) => [
      name,
      z.unknown().optional().meta({ readOnly: true, description: 'Set by the server; ignored when sent.' }),
    ]),
  ),
  name: requiredText(100).meta({ description: 'Unique in its pipeline, ignoring case.' }),
  probability: probability.optional(),
  position: z.int().min(1).max(MAX_STAGES).optional().meta({ description: 'Default: last.' }),
});

const change = body.partial().extend({
  position: z
    .int()
    .min(1)
    .max(MAX_STAGES)
    .optional()
    .meta({ description: 'Moves it; the other stages keep their order.' }),
});

const common = { tag: 'pipelines', scope: 'pipelines:write' } as const;

export interface StageParts {
  pipelines: Pipelines;
  recordChange: RecordChange;
  transferDeals: TransferDeals;
}

/**
 * The routes of single stages. Each change applies to the stages as they are at that moment, so that two people who
 * add or move stages at once do not undo each other's change.
 */
export function stageRoutes(parts: StageParts): Route[] {
  return [
    listRoute(parts),
    createRoute(parts),
    getRoute(parts),
    updateRoute('PATCH', parts),
    updateRoute('PUT', parts),
    deleteRoute(parts),
  ];
}

function listRoute({ pipelines }: StageParts): Route {
  return route({
    ...common,
    scope: 'pipelines:read',
    method: 'GET',
    path: PATH,
    summary: 'List the stages of a pipeline',
    description: 'All of them, in order.',
    answers: { 200: pageShape(shape) },
    async handle({ caller, params }) {
      const pipeline = await pipelineOf(pipelines, caller.workspaceId, params['id']!);
      const data = pipeline.stages.map(({ id }) => shownStage(pipeline, id));
      return { status: 200, body: { data, has_more: false, next_cursor: null, next_url: null } };
    },
  });
}

function createRoute(parts: StageParts): Route {
  return route<z.output<typeof body>>({
    ...common,
    method: 'POST',
    path: PATH,
    summary: 'Add a stage to a pipeline',
    description: '409 if the pipeline has a stage with this name, ignoring case.',
    body,
    answers: { 201: shape },
    async handle(ctx) {
      const { name } = ctx.body;
      const added = (pipeline: Pipeline) =>
        pipeline.stages.find((stage) => caseless(stage.name) === caseless(name))!.id;
      const pipeline = await parts.pipelines.editStages(
        ctx.caller.workspaceId,
        ctx.params['id']!,
        (stages) => withNewStage(stages, ctx.body),
        recorded(parts, ctx, (written) => ({ status: 201, body: shownStage(written, added(written)) })),
      );
      const stage = shownStage(pipeline, added(pipeline));
      return { status: 201, body: stage, headers: { location: `${stagesPath(pipeline.id)}/${stage.id}` } };
    },
  });
}

function getRoute({ pipelines }: StageParts): Route {
  return route({
    ...common,
    scope: 'pipelines:read',
    method: 'GET',
    path: `${PATH}/:stage_id`,
    summary: 'Get a stage',
    answers: { 200: shape },
    async handle({ caller, params }) {
      const pipeline = await pipelineOf(pipelines, caller.workspaceId, params['id']!);
      return { status: 200, body: shownStage(pipeline, params['stage_id']!) };
    },
  });
}

function updateRoute(method: 'PATCH' | 'PUT', parts: StageParts): Route {
  return route<z.output<typeof change>>({
    ...common,
    method,
    path: `${PATH}/:stage_id`,
    summary: 'Update a stage',
    description: 'Changes its name, probability or position. Deals stay in it.',
    body: change,
    answers: { 200: shape },
    async handle(ctx) {
      const id = ctx.params['stage_id']!;
      const pipeline = await parts.pipelines.editStages(
        ctx.caller.workspaceId,
        ctx.params['id']!,
        (stages) => withChangedStage(stages, id, ctx.body),
        recorded(parts, ctx, (written) => ({ status: 200, body: shownStage(written, id) })),
      );
      return { status: 200, body: shownStage(pipeline, id) };
    },
  });
}

function deleteRoute(parts: StageParts): Route {
  return route<undefined, RemovalQuery>({
    ...common,
    method: 'DELETE',
    path: `${PATH}/:stage_id`,
    summary: 'Delete a stage',
    description: '409 for the only stage of a pipeline, and for one that holds deals unless they are moved.',
    query: removalQuery,
    answers: { 204: 'Deleted.' },
    async handle(ctx) {
      const { workspaceId } = ctx.caller;
      const [pipelineId, id] = [ctx.params['id']!, ctx.params['stage_id']!];
      // Before any deal moves.
      withoutStage((await pipelineOf(parts.pipelines, workspaceId, pipelineId)).stages, id);
      await removeEmptied(ctx, { pipelineId, stageIds: [id] }, parts, () =>
        parts.pipelines.editStages(
          workspaceId,
          pipelineId,
          (stages) => withoutStage(stages, id),
          recorded(parts, ctx, () => ({ status: 204, body: null })),
        ),
      );
      return { status: 204, body: null };
    },
  });
}

/** A change of a stage is a change of its pipeline in the audit log. */
function recorded(
  { recordChange }: StageParts,
  ctx: Ctx<unknown, unknown>,
  responseOf: (pipeline: Pipeline) => { status: number; body: object | null },
): AfterWrite<Pipeline> {
  return (trx, pipeline) => {
    const { status, body: shown } = responseOf(pipeline);
    const auditEntry = {
      action: 'pipeline.updated',
      objectType: 'pipeline',
      objectId: pipeline.id,
      details: auditDetails(pipeline),
    };
    return recordChange(trx, ctx, auditEntry, { status, body: shown ? JSON.stringify(shown) : '' });
  };
}

function shownStage(pipeline: Pipeline, id: Uuid): z.output<typeof shape> {
  const stage = stageOf(pipeline.stages, id);
  return {
    id,
    pipeline_id: pipeline.id,
    name: stage.name,
    probability: stage.probability,
    position: pipeline.stages.indexOf(stage) + 1,
  };
}

async function pipelineOf(pipelines: Pipelines, workspaceId: Uuid, id: Uuid): Promise<Pipeline> {
  const found = (await pipelines.listFor(workspaceId)).find((item) => item.id === id);
  if (!found) throw new ApiError('not_found', 'There is no pipeline with this id.');
  return found;
}

function stagesPath(pipelineId: Uuid): string {
  return PATH.replace(':id', pipelineId);
}
