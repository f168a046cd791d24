import { lazy } from 'react';
import { SelectFilter } from '../ui/filters.tsx';
import type { FieldKind, FilterProps, ShownProps } from './field-kind.ts';

const Input = lazy(async () => ({ default: (await import('./form-inputs.tsx')).BooleanInput }));

const OPTIONS = [
  { value: 'true', label: 'Yes' },
  { value: 'false', label: 'No' },
];

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
