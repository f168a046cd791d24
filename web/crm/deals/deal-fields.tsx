import { Group, NumberInput, Select } from '@mantine/core';
import type { GetInputPropsReturnType } from '@mantine/form';
import { usePipelines } from './stage-name.tsx';

const CURRENCIES = Intl.supportedValuesOf('currency');

/** What a deal is worth. */
export function MoneyFields({ value, currency }: Record<'value' | 'currency', GetInputPropsReturnType>) {
  return (
    <Group grow align="flex-start">
      <NumberInput label="Value" min={0} decimalScale={4} thousandSeparator hideControls {...value} />
      <Select label="Currency" data={CURRENCIES} placeholder="USD" searchable {...currency} />
    </Group>
  );
}

/**
 * Where a deal stands: nothing chosen is the first stage of the default pipeline.
 * @param onPlace another pipeline has other stages: the deal starts at its first one
 */
export function PlaceFields({
  pipeline,
  stage,
  onPlace,
}: Record<'pipeline' | 'stage', GetInputPropsReturnType> & {
  onPlace: (place: { pipeline_id: string | null; stage_id: string | null }) => void;
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
          onPlace({ pipeline_id: id, stage_id: first });
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
