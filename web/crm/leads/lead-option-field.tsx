import { Autocomplete, Select, type AutocompleteProps, type SelectProps } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { leadWordsQuery, type LeadWordKind } from '../../api/lead-option-queries.ts';

/** The workspace's words of a kind by name, in the order of the alphabet. */
export function useLeadWords(kind: LeadWordKind): string[] {
  const { data = [] } = useInfiniteQuery(leadWordsQuery(kind));
  return data.map(({ name }) => name).toSorted((item, other) => item.localeCompare(other));
}

/** Where a lead came from: one of the sources that there are, or a new one. */
export function SourceField(props: Omit<AutocompleteProps, 'data'>) {
  return (
    <Autocomplete
      label="Source"
      data={useLeadWords('lead-sources')}
      placeholder="None"
      limit={50}
      {...props}
    />
  );
}

/** What a lead is about: one of the event types that there are, or the one it has. */
export function EventTypeField({ value, ...props }: Omit<SelectProps, 'data'>) {
  const known = useLeadWords('lead-event-types');
  const offered =
    typeof value === 'string' && value !== '' && !known.includes(value) ? [value, ...known] : known;
  return (
    <Select
      label="Event type"
      data={offered}
      value={value ?? null}
      placeholder="None"
      nothingFoundMessage="Settings → Leads has the event types"
      searchable
      clearable
      {...props}
    />
  );
}
