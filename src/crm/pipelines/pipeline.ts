import { z } from 'zod';
import type { Uuid } from '../../base/id.ts';
import { invalid } from '../../base/errors.ts';

/** A pipeline with its stages, in order; there is at least one. */
export interface Pipeline {
  id: Uuid;
  version: number;
  name: string;
  /** Whether deals without a pipeline go here; exactly one pipeline of a workspace is the default. */
  is_default: boolean;
  stages: Stage[];
  created_by: string;
  created_at: string;
  updated_at: string;
}

export interface Stage {
  id: Uuid;
  name: string;
  /** The chance that a deal in this stage is won, in percent; null: not set. */
  probability: number | null;
}

/** The chance that a deal in a stage is won. */
export const probability = z
  .int()
  .min(0)
  .max(100)
  .nullable()
  .meta({ description: 'The chance that a deal in this stage is won, in percent; null: not set.' });

/** What the audit log keeps of a pipeline. */
export function auditDetails({ name, stages }: Pipeline): Record<string, unknown> {
  return { name, stages: stages.map((stage) => stage.name) };
}

/** The pipeline that a workspace starts with. */
export const FIRST_PIPELINE = {
  name: 'Sales pipeline',
  stages: [
    { name: 'New', probability: 10 },
    { name: 'Qualified', probability: 30 },
    { name: 'Proposal', probability: 60 },
    { name: 'Negotiation', probability: 80 },
  ],
} as const;

/** The pipeline and stage that a client sent for a deal, if any. */
export interface Placement {
  pipeline_id?: Uuid | null | undefined;
  stage_id?: Uuid | null | undefined;
}

/**
 * Returns the pipeline and stage of a deal (AX7): a stage determines its pipeline; a pipeline alone means its
 * first stage; neither means the first stage of the default pipeline. Throws `validation_error` for a pipeline or stage
 * that does not exist, and for a stage of another pipeline.
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
