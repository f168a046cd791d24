import { Select } from '@mantine/core';
import type { GetInputPropsReturnType } from '@mantine/form';
import { usePipelines } from './stage-name.tsx';

/**
 * The pipeline of a deal. Without a selection, the API uses the default pipeline.
 * @param onStage called when the pipeline changes: the deal moves to the first stage of the new one
 */
export function PipelineInput({
  input,
  onStage,
}: {
  input: GetInputPropsReturnType;
  onStage: (stage: { pipeline_id: string | null; stage_id: string | null }) => void;
}) {
  const pipelines = usePipelines();
  return (
    <Select
      label="Pipeline"
      data={pipelines.map(({ id, name }) => ({ value: id, label: name }))}
      placeholder={pipelines.find((item) => item.is_default)?.name ?? ''}
      allowDeselect={false}
      {...input}
      onChange={(id) => {
        const first = pipelines.find((item) => item.id === id)?.stages[0]?.id ?? null;
        onStage({ pipeline_id: id, stage_id: first });
      }}
    />
  );
}

/** The stage of a deal, in a pipeline or else the default one. Without a selection, the API uses the first stage. */
export function StageInput({
  input,
  pipelineId,
}: {
  input: GetInputPropsReturnType;
  pipelineId: string | null;
}) {
  const pipelines = usePipelines();
  const { stages = [] } =
    pipelines.find(({ id }) => id === pipelineId) ?? pipelines.find((item) => item.is_default) ?? {};
  return (
    <Select
      label="Stage"
      data={stages.map(({ id, name }) => ({ value: id, label: name }))}
      placeholder={stages[0]?.name ?? ''}
      allowDeselect={false}
      {...input}
    />
  );
}

/** The stage of several deals, in any pipeline. */
export function AnyStageInput({ input }: { input: GetInputPropsReturnType }) {
  const pipelines = usePipelines();
  const stagesOf = ({ stages }: (typeof pipelines)[number]) =>
    stages.map(({ id, name }) => ({ value: id, label: name }));
  const [only, ...others] = pipelines;
  return (
    <Select
      label="Stage"
      data={
        only && others.length === 0
          ? stagesOf(only)
          : pipelines.map((pipeline) => ({ group: pipeline.name, items: stagesOf(pipeline) }))
      }
      allowDeselect={false}
      {...input}
    />
  );
}
