import { Group, Select } from '@mantine/core';
import type { GetInputPropsReturnType } from '@mantine/form';
import { fieldOf, useObject } from '../../api/object-queries.ts';
import { DecimalInput } from '../../ui/decimal-input.tsx';
import { decimalsOf } from '../../ui/format.ts';
import { useSession } from '../../api/session-queries.ts';

/** The value of a deal and its currency. */
export function MoneyFields({ value, currency }: Record<'value' | 'currency', GetInputPropsReturnType>) {
  const { workspace } = useSession();
  const object = useObject('deal');
  const field = object && fieldOf(object, 'currency');
  return (
    <Group grow align="flex-start" wrap="nowrap">
      <DecimalInput label="Value" decimals={decimalsOf(currency.value as string | null)} {...value} />
      <Select
        label="Currency"
        data={field?.options ?? []}
        placeholder={workspace.currency}
        searchable
        {...currency}
      />
    </Group>
  );
}
