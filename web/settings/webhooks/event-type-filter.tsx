import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { eventTypesQuery } from '../../api/event-type-queries.ts';
import { TEST_EVENT } from './send-test.tsx';

/** Filters a log by event type. */
export function EventTypeFilter({
  value,
  onChange,
  withTest = false,
}: {
  value: string | undefined;
  onChange: (type: string | undefined) => void;
  /** Also offers test events. */
  withTest?: boolean;
}) {
  const { data = [] } = useQuery(eventTypesQuery);
  const types = data.filter(({ subscribable }) => subscribable);
  return (
    <Select
      aria-label="Filter by event type"
      placeholder="Event type"
      data={[...types.map(({ name }) => name), ...(withTest ? [TEST_EVENT] : [])]}
      value={value ?? null}
      onChange={(chosen) => onChange(chosen ?? undefined)}
      searchable
      clearable
      w="13rem"
    />
  );
}
