import { ApiError } from '../../base/errors.ts';
import { caseless } from '../../base/fold.ts';
import type { Uuid } from '../../base/id.ts';
import type { Stage } from './pipeline.ts';
import type { StageInput } from './stage-store.ts';

/** The maximum number of stages of a pipeline. */
export const MAX_STAGES = 100;

/** The fields of a stage that a client sends. */
export interface StageFields {
  name: string;
  probability?: number | null | undefined;
  /** From 1; beyond the last one: last. */
  position?: number | undefined;
}

/** The stages with a new one. Throws `conflict` if its name is taken, or there is no room for another. */
export function withNewStage(stages: readonly Stage[], fields: StageFields): StageInput[] {
  if (stages.length >= MAX_STAGES)
    throw new ApiError('conflict', `A pipeline has at most ${MAX_STAGES} stages.`);
  const { name, probability, position = stages.length + 1 } = fields;
  checkName(stages, name);
  return stages.toSpliced(position - 1, 0, { name, probability } as Stage);
}

/** The stages with one changed, which may move. Throws `not_found`, and `conflict` if its name is taken. */
export function withChangedStage(
  stages: readonly Stage[],
  id: Uuid,
  fields: { [Name in keyof StageFields]?: StageFields[Name] | undefined },
): StageInput[] {
  const stage = stageOf(stages, id);
  const others = stages.filter((item) => item !== stage);
  const { name = stage.name, probability = stage.probability, position } = fields;
  if (name !== stage.name) checkName(others, name);
  const at = position === undefined ? stages.indexOf(stage) : position - 1;
  return others.toSpliced(at, 0, { id, name, probability });
}

/** The stages without one. Throws `not_found`, and `conflict` for the only one. */
export function withoutStage(stages: readonly Stage[], id: Uuid): StageInput[] {
  const stage = stageOf(stages, id);
  if (stages.length === 1) throw new ApiError('conflict', 'A pipeline has at least one stage.');
  return stages.filter((item) => item !== stage);
}

/** Throws `not_found`. */
export function stageOf(stages: readonly Stage[], id: Uuid): Stage {
  const stage = stages.find((item) => item.id === id);
  if (!stage) throw new ApiError('not_found', 'There is no stage with this id in this pipeline.');
  return stage;
}

function checkName(others: readonly Stage[], name: string): void {
  if (others.some((stage) => caseless(stage.name) === caseless(name)))
    throw new ApiError('conflict', `There is a stage called ${name} already.`);
}
