import { Group, Select } from '@mantine/core';
import { DateInput } from '../../ui/date-inputs.tsx';
import type { UseFormReturnType } from '@mantine/form';
import type { ApiKeyChange } from '../../api/api-key-queries.ts';
import { today } from '../../ui/format.ts';

const CHOICES = [
  { value: 'never', label: 'No expiry' },
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: 'date', label: 'On a date' },
] as const;

export interface Expiry {
  expires_in_days: (typeof CHOICES)[number]['value'];
  /** Used for the choice `date`. */
  expires_at: string | null;
}

/** Converts a choice to API input. */
export function toExpiryInput(chosen: Expiry): Pick<ApiKeyChange, 'expires_at' | 'expires_in_days'> {
  switch (chosen.expires_in_days) {
    case 'never':
      return { expires_at: null };
    case 'date':
      return { expires_at: chosen.expires_at };
    default:
      return { expires_in_days: Number(chosen.expires_in_days) as 7 | 30 | 90 };
  }
}

/** The expiry of a key. */
export function ExpiryField<Values extends Expiry>({ form }: { form: UseFormReturnType<Values> }) {
  return (
    <Group grow align="flex-start">
      <Select
        label="Expiry"
        data={CHOICES}
        allowDeselect={false}
        {...form.getInputProps('expires_in_days')}
      />
      {form.values.expires_in_days === 'date' && (
        <DateInput
          label="Expires on"
          description="At the start of the day, in UTC."
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          minDate={today()}
          required
          {...form.getInputProps('expires_at')}
        />
      )}
    </Group>
  );
}
