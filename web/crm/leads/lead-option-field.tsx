import { Autocomplete, Select, type AutocompleteProps, type SelectProps } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { leadOptionsQuery, type LeadOptionKind } from '../../api/lead-option-queries.ts';

/** The names of the workspace's lead sources or event types, sorted alphabetically. */
export function useLeadOptions(kind: LeadOptionKind): string[] {
  const { data = [] } = useInfiniteQuery(leadOptionsQuery(kind));
  return data.map(({ name }) => name).toSorted((item, other) => item.localeCompare(other));
}

/** The source of a lead: an existing or a new one. */
export function SourceField(props: Omit<AutocompleteProps, 'data'>) {
  return (
    <Autocomplete
      label="Source"
      data={useLeadOptions('lead-sources')}
      placeholder="None"
      limit={50}
      {...props}
    />
  );
}

/** The event type of a lead. A current value that was deleted from the list is kept. */
export function EventTypeField({ value, ...props }: Omit<SelectProps, 'data'>) {
  const names = useLeadOptions('lead-event-types');
  const options =
    typeof value === 'string' && value !== '' && !names.includes(value) ? [value, ...names] : names;
  return (
    <Select
      label="Event type"
      data={options}
      value={value ?? null}
      placeholder="None"
      nothingFoundMessage="No matches. Add event types in Settings → Leads."
      searchable
      clearable
      {...props}
    />
  );
}
