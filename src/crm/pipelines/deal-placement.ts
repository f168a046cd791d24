import type { ExpandedKinds } from '../../record/record-expansion.ts';
import type { EnrichStep } from '../../record/record-service.ts';
import type { ResolvedPlacement } from '../deals/deal.ts';
import { place, type Placement } from './pipeline.ts';
import type { Pipelines } from './pipeline-store.ts';

/**
 * Sets the pipeline and stage of a deal; a change with neither keeps both. Throws `validation_error` for a pipeline or
 * a stage that does not exist.
 */
export function placeDeal(pipelines: Pipelines): EnrichStep {
  return async ({ writer, kind, input, resolved }) => {
    const requested = input as Placement;
    const isPlaced = requested.pipeline_id !== undefined || requested.stage_id !== undefined;
    if (kind === 'change' && !isPlaced) return;
    const placed = place(await pipelines.listFor(writer.workspaceId), requested);
    input['pipeline_id'] = placed.pipeline_id;
    if (kind === 'create' || requested.stage_id) {
      input['stage_id'] = placed.stage_id;
      return;
    }
    // Whether the pipeline changes is only known once the deal is read: deal.ts.
    delete input['stage_id'];
    (resolved as ResolvedPlacement).first_stage_id = placed.stage_id;
  };
}

/** The pipeline and the stage of a deal, as references to them are expanded. */
export function expandedPlacement(pipelines: Pick<Pipelines, 'listFor'>): ExpandedKinds {
  const scope = 'pipelines:read';
  return {
    pipeline: {
      scope,
      async read(workspaceId) {
        const all = await pipelines.listFor(workspaceId);
        return new Map(all.map(({ id, name, is_default }) => [id, { id, name, is_default }]));
      },
    },
    stage: {
      scope,
      async read(workspaceId) {
        const all = await pipelines.listFor(workspaceId);
        return new Map(
          all.flatMap((pipeline) =>
            pipeline.stages.map(({ id, name }) => [id, { id, name, pipeline_id: pipeline.id }] as const),
          ),
        );
      },
    },
  };
}
