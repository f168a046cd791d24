import { Select, Text, type SelectProps } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { leads, type Lead } from '../../api/lead-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { leadName } from './lead-name.ts';

const MAX_OPTIONS = 20;

/** Selects a lead. The API searches all leads; before that, the newest are listed. */
export function LeadPicker({ value, ...props }: Omit<SelectProps, 'data'>) {
  const may = useHasScope('leads:read');
  const [typed, type] = useState('');
  const [debounced] = useDebouncedValue(typed.trim(), 250);
  const { data: chosen } = useQuery({ ...leads.detail(value ?? ''), enabled: may && Boolean(value) });
  // The field shows the selected lead, which is not a search.
  const q = chosen && debounced === nameOf(chosen) ? '' : debounced;
  const { data: found = [], isFetching } = useInfiniteQuery({
    ...leads.list({ q, limit: MAX_OPTIONS }),
    enabled: may,
    placeholderData: keepPreviousData,
  });
  const choices = chosen && found.every(({ id }) => id !== chosen.id) ? [chosen, ...found] : found;
  const about = new Map(choices.map((lead) => [lead.id, lead.email ?? lead.phone]));
  return (
    <Select
      label="Lead"
      {...props}
      value={value ?? null}
      data={choices.map((lead) => ({ value: lead.id, label: nameOf(lead) }))}
      // The API has searched more fields than the label shows.
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
      nothingFoundMessage={isFetching || q !== typed.trim() ? 'Searching…' : 'No matching leads'}
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
