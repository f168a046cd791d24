import { lazy } from 'react';
import { TextInput } from '@mantine/core';
import { inputProps, type InputProps } from '../../fields/field-kind.ts';
import { select } from '../../fields/select.tsx';

/** Loaded on demand: lists do not need it. */
const LeadSourceField = lazy(async () => ({
  default: (await import('./lead-source-field.tsx')).LeadSourceField,
}));

/** The statuses that the API accepts for a new lead. */
const FIRST_STATUSES = new Set(['new', 'contacted', 'quoted']);

export function LeadStatusInput(props: InputProps) {
  const { field, isNew } = props;
  const options = field.options?.filter(({ value }) => !isNew || FIRST_STATUSES.has(value)) ?? [];
  return <select.Input {...props} field={{ ...field, options }} />;
}

/** An existing source, or a new one. */
export function LeadSourceInput(props: InputProps) {
  const { value, ...input } = inputProps(props);
  return <LeadSourceField {...input} value={(value as string | null) ?? ''} />;
}

export function CrmLeadIdInput(props: InputProps) {
  return (
    <TextInput
      {...inputProps(props)}
      description="The lead’s ID in another CRM. Reports from that CRM are matched by it."
    />
  );
}
