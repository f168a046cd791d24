import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf, ifMatch } from './client.ts';
import type { components, operations } from './schema.d.ts';

export type Pipeline = components['schemas']['Pipeline'];
/** A stage of a pipeline; the order is that of the list. */
export type PipelineStage = Pipeline['stages'][number];

type PipelineInput = operations['postPipelines']['requestBody']['content']['application/json'];
type PipelineChange = operations['patchPipelinesId']['requestBody']['content']['application/json'];
type StageInput = operations['postPipelinesIdStages']['requestBody']['content']['application/json'];
type StageChange = operations['patchPipelinesIdStagesStageId']['requestBody']['content']['application/json'];

const KEY = ['pipelines'];

/** All pipelines with their stages; they are few and rarely change. */
export const pipelinesQuery = queryOptions({
  queryKey: KEY,
  queryFn: async ({ signal }) => (await dataOf(api.GET('/api/v1/pipelines', { signal }))).data,
  staleTime: 60_000,
});

/** Refetches the pipelines and all that depends on their stages. */
function useInvalidation() {
  const queries = useQueryClient();
  const invalidate = () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: KEY }),
      queries.invalidateQueries({ queryKey: ['deals'] }),
    ]);
  // After an error too: somebody else may have changed them.
  return { onSettled: invalidate };
}

export const useAddPipeline = () =>
  useMutation({
    mutationFn: (body: PipelineInput) => dataOf(api.POST('/api/v1/pipelines', { body })),
    ...useInvalidation(),
  });

export const useChangePipeline = () =>
  useMutation({
    mutationFn: ({ pipeline, change }: { pipeline: Pipeline; change: PipelineChange }) =>
      dataOf(
        api.PATCH('/api/v1/pipelines/{id}', {
          params: { path: { id: pipeline.id }, header: ifMatch(pipeline.version) },
          body: change,
        }),
      ),
    ...useInvalidation(),
  });

/** @param moveDealsTo the stage that the deals of the removed pipeline move to, if there are any */
export const useRemovePipeline = () =>
  useMutation({
    mutationFn: ({ id, moveDealsTo }: { id: string; moveDealsTo: string | null }) =>
      dataOf(
        api.DELETE('/api/v1/pipelines/{id}', { params: { path: { id }, query: removalQuery(moveDealsTo) } }),
      ),
    ...useInvalidation(),
  });

export const useAddStage = (pipelineId: string) =>
  useMutation({
    mutationFn: (body: StageInput) =>
      dataOf(api.POST('/api/v1/pipelines/{id}/stages', { params: { path: { id: pipelineId } }, body })),
    ...useInvalidation(),
  });

export const useChangeStage = (pipelineId: string) =>
  useMutation({
    mutationFn: ({ id, change }: { id: string; change: StageChange }) =>
      dataOf(
        api.PATCH('/api/v1/pipelines/{id}/stages/{stage_id}', {
          params: { path: { id: pipelineId, stage_id: id } },
          body: change,
        }),
      ),
    ...useInvalidation(),
  });

/** @param moveDealsTo the stage that the deals of the removed one move to, if there are any */
export const useRemoveStage = (pipelineId: string) =>
  useMutation({
    mutationFn: ({ id, moveDealsTo }: { id: string; moveDealsTo: string | null }) =>
      dataOf(
        api.DELETE('/api/v1/pipelines/{id}/stages/{stage_id}', {
          params: { path: { id: pipelineId, stage_id: id }, query: removalQuery(moveDealsTo) },
        }),
      ),
    ...useInvalidation(),
  });

function removalQuery(moveDealsTo: string | null) {
  return moveDealsTo === null ? {} : { move_deals_to: moveDealsTo };
}
