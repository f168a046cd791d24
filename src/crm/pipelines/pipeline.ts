import type { Uuid } from '../../base/id.ts';
import { invalid } from '../../base/errors.ts';

/** A pipeline with its stages, in their order; at least one. */
export interface Pipeline {
  id: Uuid;
  version: number;
  name: string;
  /** The one that a deal goes into where none is named; exactly one of a workspace. */
  is_default: boolean;
  stages: Stage[];
  created_by: string;
  created_at: string;
  updated_at: string;
}

export interface Stage {
  id: Uuid;
  name: string;
}

/** The pipeline of a workspace that has made none. */
export const FIRST_PIPELINE = {
  name: 'Sales pipeline',
  stages: ['New', 'Qualified', 'Proposal', 'Negotiation'],
} as const;

/** Where a deal is to stand, as far as a client says it. */
export interface Placement {
  pipeline_id?: Uuid | null | undefined;
  stage_id?: Uuid | null | undefined;
}

/**
 * Works out where a deal is to stand (contracts AX7): a stage says its pipeline, a pipeline alone its first stage,
 * nothing the default pipeline's first stage. Throws `validation_error` for what the workspace does not have, or a
 * stage of another pipeline.
 */
export function place(
  pipelines: readonly Pipeline[],
  requested: Placement,
): { pipeline_id: Uuid; stage_id: Uuid } {
  const { pipeline_id: pipelineId, stage_id: stageId } = requested;
  const named = pipelines.find(({ id }) => id === pipelineId);
  if (pipelineId && !named) throw invalid('pipeline_id', 'there is no pipeline with this id');
  if (!stageId) {
    const pipeline = named ?? pipelines.find(({ is_default: isDefault }) => isDefault)!;
    return { pipeline_id: pipeline.id, stage_id: pipeline.stages[0]!.id };
  }
  const holder = pipelines.find(({ stages }) => stages.some(({ id }) => id === stageId));
  if (!holder) throw invalid('stage_id', 'there is no stage with this id');
  if (named && named !== holder) throw invalid('stage_id', 'belongs to another pipeline');
  return { pipeline_id: holder.id, stage_id: stageId };
}
