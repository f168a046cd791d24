import { Group, NumberInput, Select } from '@mantine/core';
import type { GetInputPropsReturnType } from '@mantine/form';
import { usePipelines } from './stage-name.tsx';

const CURRENCIES = Intl.supportedValuesOf('currency');

/** The value of a deal and its currency. */
export function MoneyFields({ value, currency }: Record<'value' | 'currency', GetInputPropsReturnType>) {
  return (
    <Group grow align="flex-start">
      <NumberInput label="Value" min={0} decimalScale={4} thousandSeparator hideControls {...value} />
      <Select label="Currency" data={CURRENCIES} placeholder="USD" searchable {...currency} />
    </Group>
  );
}

/**
 * The pipeline and stage of a deal. Without a selection, the API uses the first stage of the default pipeline.
 * @param onStage also called when the pipeline changes: the deal moves to the first stage of the new one
 */
export function StageFields({
  pipeline,
  stage,
  onStage,
}: Record<'pipeline' | 'stage', GetInputPropsReturnType> & {
  onStage: (stage: { pipeline_id: string | null; stage_id: string | null }) => void;
}) {
  const pipelines = usePipelines();
  const chosen =
    pipelines.find(({ id }) => id === pipeline.value) ?? pipelines.find((item) => item.is_default);
  return (
    <Group grow align="flex-start">
      <Select
        label="Pipeline"
        data={pipelines.map(({ id, name }) => ({ value: id, label: name }))}
        placeholder={chosen?.name ?? ''}
        allowDeselect={false}
        {...pipeline}
        onChange={(id) => {
          const first = pipelines.find((item) => item.id === id)?.stages[0]?.id ?? null;
          onStage({ pipeline_id: id, stage_id: first });
        }}
      />
      <Select
        label="Stage"
        data={chosen?.stages.map(({ id, name }) => ({ value: id, label: name })) ?? []}
        placeholder={chosen?.stages[0]?.name ?? ''}
        allowDeselect={false}
        {...stage}
      />
    </Group>
  );
}
