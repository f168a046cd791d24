import { Checkbox, NumberInput, Stack, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { WebhookFormat } from '../../api/webhook-format-queries.ts';
import { durationsSummary } from './durations.ts';
import type { Options } from './webhook-options.tsx';

/** Retries after a failure, and when to disable the webhook. */
export function RetryOptions<Values extends Options>({
  form,
  format,
}: {
  form: UseFormReturnType<Values>;
  format: WebhookFormat;
}) {
  return (
    <Stack gap="md">
      <NumberInput
        label="Retries"
        description={`After the first attempt. Up to ${format.most_retries}.`}
        placeholder={`${format.retry.max}`}
        allowDecimal={false}
        min={0}
        clampBehavior="none"
        {...form.getInputProps('retry.max')}
      />
      <TextInput
        label="Delays"
        description="Delay before each retry, such as 30 s, 5 min, 2 h, 1 d. The last one repeats."
        placeholder={durationsSummary(format.retry.intervals_s)}
        {...form.getInputProps('retry.intervals_s')}
      />
      <NumberInput
        label="Disable after consecutive failures"
        placeholder="Never"
        allowDecimal={false}
        {...form.getInputProps('disable_after')}
      />
      <Checkbox
        label="Disable when the receiver responds with 410 Gone"
        description={format.disables_on_410 ? 'Always on for this format.' : undefined}
        disabled={format.disables_on_410}
        {...form.getInputProps('disable_on_410', { type: 'checkbox' })}
        {...(format.disables_on_410 && { checked: true })}
      />
    </Stack>
  );
}
