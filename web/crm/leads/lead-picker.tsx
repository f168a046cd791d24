import { Select, Text, type SelectProps } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { leads, type Lead } from '../../api/lead-queries.ts';
import { useMay } from '../../api/session-queries.ts';
import { leadName } from './lead-name.ts';

const OFFERED = 20;

/** Picks a lead: the API searches them all for what is typed; the newest are offered before anything is. */
export function LeadPicker({ value, ...props }: Omit<SelectProps, 'data'>) {
  const may = useMay('leads:read');
  const [typed, type] = useState('');
  const [settled] = useDebouncedValue(typed.trim(), 250);
  const { data: chosen } = useQuery({ ...leads.one(value ?? ''), enabled: may && Boolean(value) });
  // Who was chosen stands in the field; that is no question.
  const q = chosen && settled === nameOf(chosen) ? '' : settled;
  const { data: found = [], isFetching } = useInfiniteQuery({
    ...leads.list({ q, limit: OFFERED }),
    enabled: may,
    placeholderData: keepPreviousData,
  });
  const offered = chosen && found.every(({ id }) => id !== chosen.id) ? [chosen, ...found] : found;
  const about = new Map(offered.map((lead) => [lead.id, lead.email ?? lead.phone]));
  return (
    <Select
      label="Lead"
      {...props}
      value={value ?? null}
      data={offered.map((lead) => ({ value: lead.id, label: nameOf(lead) }))}
      // The API looked into more than the names that are shown.
      filter={({ options }) => options}
      searchValue={typed}
      onSearchChange={type}
      renderOption={({ option }) => (
        <div>
          {option.label}
          <Text size="xs" c="dimmed">
            {about.get(option.value)}
          </Text>
        </div>
      )}
      placeholder="Name, email or phone"
      nothingFoundMessage={isFetching || q !== typed.trim() ? 'Searching…' : 'No lead matches'}
      maxLength={200}
      disabled={!may}
      searchable
      clearable
    />
  );
}

function nameOf(lead: Lead): string {
  return `${leadName(lead)}, no. ${lead.number}`;
}
