import { Autocomplete, type AutocompleteProps } from '@mantine/core';
import { useLeadOptions } from '../../api/lead-option-queries.ts';

/** The source of a lead: an existing or a new one. */
export function LeadSourceField(props: Omit<AutocompleteProps, 'data'>) {
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
