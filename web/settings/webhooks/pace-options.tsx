import { Group, NumberInput, Select, Stack, Text } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { Webhook, WebhookChange } from '../../api/webhook-queries.ts';
import { capitalised } from '../../ui/capitalised.ts';
import { durationsText } from './durations.ts';
import type { Options } from './webhook-options.tsx';
import { numberText } from '../../ui/format.ts';

/** Concurrency, rate limit and order of deliveries. An empty field means the default. */
export interface Pace {
  max_in_flight: number | '';
  rate_limit: { max: number | ''; per_s: number | '' };
  ordering: Webhook['ordering'];
}

/** Defaults of all formats. */
const MAX_IN_FLIGHT = 64;
const DEFAULT_PERIOD_S = 1;

const ORDERS = [
  { value: 'none', label: 'None' },
  { value: 'record', label: 'Per record' },
];
const MEANINGS: Readonly<Record<Webhook['ordering'], string>> = {
  none: 'A retry can arrive after later events.',
  record: 'Events of a record arrive in order. Different records do not wait for each other.',
};

export function toPace(webhook: Webhook | null): Pace {
  const max = webhook?.max_in_flight ?? MAX_IN_FLIGHT;
  return {
    max_in_flight: max === MAX_IN_FLIGHT ? '' : max,
    rate_limit: { max: webhook?.rate_limit?.max ?? '', per_s: webhook?.rate_limit?.per_s ?? '' },
    ordering: webhook?.ordering ?? 'none',
  };
}

/** Converts to API input. The API rejects a period without a number of requests. */
export function toPaceInput({ max_in_flight: max, rate_limit: rate, ordering }: Pace): WebhookChange {
  const isLimited = rate.max !== '' || rate.per_s !== '';
  return {
    max_in_flight: max === '' ? MAX_IN_FLIGHT : max,
    rate_limit: isLimited
      ? { max: Number(rate.max), per_s: rate.per_s === '' ? DEFAULT_PERIOD_S : rate.per_s }
      : null,
    ordering,
  };
}

/** Fields for concurrency, rate limit and order. */
export function PaceOptions<Values extends Options>({ form }: { form: UseFormReturnType<Values> }) {
  return (
    <Stack gap="md">
      <NumberInput
        label="Concurrent requests"
        description={`At most ${MAX_IN_FLIGHT}.`}
        placeholder={`${MAX_IN_FLIGHT}`}
        allowDecimal={false}
        clampBehavior="none"
        {...form.getInputProps('max_in_flight')}
      />
      <Group grow align="flex-start">
        <NumberInput
          label="Rate limit (requests)"
          placeholder="No limit"
          allowDecimal={false}
          {...form.getInputProps('rate_limit.max')}
        />
        <NumberInput
          label="Period (seconds)"
          placeholder={`${DEFAULT_PERIOD_S}`}
          allowDecimal={false}
          {...form.getInputProps('rate_limit.per_s')}
        />
      </Group>
      <Select
        label="Order"
        description={MEANINGS[form.values.ordering]}
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        data={ORDERS}
        allowDeselect={false}
        {...form.getInputProps('ordering')}
      />
    </Stack>
  );
}

/** A summary of the limits. */
export function paceSummary({ max_in_flight: max, rate_limit: rate, ordering }: Pace): string {
  const parts = [
    ...(max === '' ? [] : [`${max} concurrent`]),
    ...(rate.max === ''
      ? []
      : [rateText({ max: rate.max, per_s: rate.per_s === '' ? DEFAULT_PERIOD_S : rate.per_s })]),
    ...(ordering === 'record' ? ['in order per record'] : []),
  ];
  return parts.length > 0 ? capitalised(parts.join(' · ')) : 'No limits';
}

/** As in `100 per 1 min`. */
export function rateText(rate: Webhook['rate_limit']): string {
  return rate === null ? 'No limit' : `${numberText(rate.max)} per ${durationsText([rate.per_s])}`;
}

/** The order, with an explanation. */
export function OrderFact({ ordering }: Pick<Webhook, 'ordering'>) {
  return (
    <>
      {ordering === 'record' ? 'Per record' : 'None'}
      <Text size="xs" c="dimmed">
        {MEANINGS[ordering]}
      </Text>
    </>
  );
}
