import { Switch } from '@mantine/core';
import { SelectFilter } from '../ui/filters.tsx';
import type { FieldKind, FilterProps, InputProps, ShownProps } from './field-kind.ts';

const OPTIONS = [
  { value: 'true', label: 'Yes' },
  { value: 'false', label: 'No' },
];

function Input({ field, input }: InputProps) {
  const { value, onChange, ...others } = input;
  return (
    <Switch
      {...others}
      label={field.label}
      checked={value === true}
      onChange={(event) => (onChange as (value: boolean) => void)(event.currentTarget.checked)}
    />
  );
}

function Shown({ value }: ShownProps) {
  return value === true ? 'Yes' : 'No';
}

function Filter({ field, value, onChange }: FilterProps) {
  return <SelectFilter label={field.label} value={value} onChange={onChange} options={OPTIONS} />;
}

export const boolean: FieldKind = {
  Input,
  Cell: Shown,
  Value: Shown,
  Filter,
  empty: false,
  isShort: true,
  column: { width: '5rem', desktopOnly: true },
};
