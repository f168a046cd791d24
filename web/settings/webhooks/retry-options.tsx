import { Checkbox, NumberInput, Stack, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { WebhookFormat } from '../../api/webhook-format-queries.ts';
import { durationsSummary } from './durations.ts';
import type { Options } from './webhook-options.tsx';

/** What follows a failure: how often and when it is tried again, and when the webhook is given up. */
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
        description={`After the first attempt, up to ${format.most_retries}.`}
        placeholder={`${format.retry.max}`}
        allowDecimal={false}
        min={0}
        clampBehavior="none"
        {...form.getInputProps('retry.max')}
      />
      <TextInput
        label="Delays"
        description="Before each retry, with commas between, as in 30 s, 5 min, 2 h, 1 d. The last one repeats."
        placeholder={durationsSummary(format.retry.intervals_s)}
        {...form.getInputProps('retry.intervals_s')}
      />
      <NumberInput
        label="Disable after failures in a row"
        placeholder="Never"
        allowDecimal={false}
        {...form.getInputProps('disable_after')}
      />
      <Checkbox
        label="Disable when the receiver answers 410 Gone"
        description={format.disables_on_410 ? 'Always so in this format.' : undefined}
        disabled={format.disables_on_410}
        {...form.getInputProps('disable_on_410', { type: 'checkbox' })}
        {...(format.disables_on_410 && { checked: true })}
      />
    </Stack>
  );
}
