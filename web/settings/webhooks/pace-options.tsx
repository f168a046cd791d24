import { Group, NumberInput, Select, Stack, Text } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { Webhook, WebhookChange } from '../../api/webhook-queries.ts';
import { capitalised } from '../../ui/capitalised.ts';
import { durationsText } from './durations.ts';
import type { Options } from './webhook-options.tsx';

/** How fast and in which order it is sent to. An empty field: as it is without one. */
export interface Pace {
  max_in_flight: number | '';
  rate_limit: { max: number | ''; per_s: number | '' };
  ordering: Webhook['ordering'];
}

/** What holds where nothing is said, in any format. */
const MOST_IN_FLIGHT = 64;
const PER_S = 1;

const ORDERS = [
  { value: 'none', label: 'As fast as the receiver takes them' },
  { value: 'record', label: 'Record by record' },
];
const MEANINGS: Readonly<Record<Webhook['ordering'], string>> = {
  none: 'A retry can arrive after what happened later.',
  record: 'Events of one record arrive in their order; records do not wait for each other.',
};

export function paceOf(webhook: Webhook | null): Pace {
  const most = webhook?.max_in_flight ?? MOST_IN_FLIGHT;
  return {
    max_in_flight: most === MOST_IN_FLIGHT ? '' : most,
    rate_limit: { max: webhook?.rate_limit?.max ?? '', per_s: webhook?.rate_limit?.per_s ?? '' },
    ordering: webhook?.ordering ?? 'none',
  };
}

/** The pace as the API takes it; a time alone is no limit, and the API says so. */
export function sentPace({ max_in_flight: most, rate_limit: rate, ordering }: Pace): WebhookChange {
  const isLimited = rate.max !== '' || rate.per_s !== '';
  return {
    max_in_flight: most === '' ? MOST_IN_FLIGHT : most,
    rate_limit: isLimited ? { max: Number(rate.max), per_s: rate.per_s === '' ? PER_S : rate.per_s } : null,
    ordering,
  };
}

/** How much at once, how much in a time, and in which order. */
export function PaceOptions<Values extends Options>({ form }: { form: UseFormReturnType<Values> }) {
  return (
    <Stack gap="md">
      <NumberInput
        label="Requests at once"
        description={`At most ${MOST_IN_FLIGHT}.`}
        placeholder={`${MOST_IN_FLIGHT}`}
        allowDecimal={false}
        clampBehavior="none"
        {...form.getInputProps('max_in_flight')}
      />
      <Group grow align="flex-start">
        <NumberInput
          label="Requests at most"
          placeholder="Any number"
          allowDecimal={false}
          {...form.getInputProps('rate_limit.max')}
        />
        <NumberInput
          label="In so many seconds"
          placeholder={`${PER_S}`}
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

/** What a fold says: only what holds it back. */
export function paceSummary({ max_in_flight: most, rate_limit: rate, ordering }: Pace): string {
  const said = [
    ...(most === '' ? [] : [`${most} at once`]),
    ...(rate.max === '' ? [] : [rateText({ max: rate.max, per_s: rate.per_s === '' ? PER_S : rate.per_s })]),
    ...(ordering === 'record' ? ['record by record'] : []),
  ];
  return said.length > 0 ? capitalised(said.join(' · ')) : 'As fast as the receiver takes them';
}

/** `100 in 1 min`, or any number. */
export function rateText(rate: Webhook['rate_limit']): string {
  return rate === null ? 'Any number' : `${rate.max.toLocaleString()} in ${durationsText([rate.per_s])}`;
}

/** An order, with what it means. */
export function OrderFact({ ordering }: Pick<Webhook, 'ordering'>) {
  return (
    <>
      {ordering === 'record' ? 'Record by record' : 'None'}
      <Text size="xs" c="dimmed">
        {MEANINGS[ordering]}
      </Text>
    </>
  );
}
