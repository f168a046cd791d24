import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { eventTypesQuery } from '../../api/event-type-queries.ts';
import { TEST_EVENT } from './test-event.ts';

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
  // Read when it is opened: most visits to a log do not filter it.
  const [isUsed, setUsed] = useState(false);
  const { data = [] } = useQuery({ ...eventTypesQuery, enabled: isUsed });
  const types = data.filter(({ subscribable }) => subscribable).map(({ name }) => name);
  const offered = [...types, ...(withTest ? [TEST_EVENT] : [])];
  return (
    <Select
      aria-label="Filter by event type"
      placeholder="Event type"
      data={value === undefined || offered.includes(value) ? offered : [value, ...offered]}
      onFocus={() => setUsed(true)}
      value={value ?? null}
      onChange={(chosen) => onChange(chosen ?? undefined)}
      searchable
      clearable
      w="13rem"
    />
  );
}
