import { Select } from '@mantine/core';
import type { ObjectField } from '../api/object-queries.ts';
import { MAX_SHOWN_OPTIONS, MAX_UNSEARCHED, SelectFilter } from '../ui/filters.tsx';
import {
  inputProps,
  type FieldKind,
  type FilterProps,
  type InputProps,
  type ShownProps,
} from './field-kind.ts';

/** A field with a default is never empty. */
function Input(props: InputProps) {
  const { field } = props;
  const { value, ...input } = inputProps(props);
  const options = withChosen(field, value as string | null);
  return (
    <Select
      {...input}
      value={(value as string | null) ?? null}
      data={options}
      placeholder="None"
      nothingFoundMessage="No matches"
      searchable={options.length > MAX_UNSEARCHED}
      limit={MAX_SHOWN_OPTIONS}
      clearable={field.default === null && !field.required}
      allowDeselect={false}
    />
  );
}

function Shown({ field, value }: ShownProps) {
  return field.options?.find((option) => option.value === value)?.label ?? String(value);
}

function Filter({ field, value, onChange }: FilterProps) {
  return (
    <SelectFilter
      label={field.label}
      value={value}
      onChange={onChange}
      options={withChosen(field, value ?? null)}
    />
  );
}

/** The options of a field, and the current value if it is no longer one of them. */
export function withChosen({ options = [] }: ObjectField, chosen: string | null) {
  const isKnown = chosen === null || chosen === '' || options.some(({ value }) => value === chosen);
  return isKnown ? options : [{ value: chosen, label: chosen }, ...options];
}

export const select: FieldKind = {
  Input,
  Cell: Shown,
  Value: Shown,
  Filter,
  empty: null,
  isShort: true,
  column: { width: '7rem' },
};
