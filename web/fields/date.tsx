import { DateInput } from '../ui/date-inputs.tsx';
import filterClasses from '../ui/filters.module.css';

import { Day } from '../ui/relative-time.tsx';
import {
  inputProps,
  type FieldKind,
  type FilterProps,
  type InputProps,
  type ShownProps,
} from './field-kind.ts';

function Input(props: InputProps) {
  return <DateInput {...inputProps(props)} clearable={!props.field.required} />;
}

function Shown({ value }: ShownProps) {
  return <Day date={String(value)} />;
}

function Filter({ field, value, onChange }: FilterProps) {
  return (
    <DateInput
      className={filterClasses.select}
      aria-label={`Filter by ${field.label.toLowerCase()}`}
      placeholder={field.label}
      value={value ?? null}
      onChange={(day) => onChange(day ?? undefined)}
      clearable
      clearButtonProps={{ 'aria-label': `Clear ${field.label.toLowerCase()}` }}
    />
  );
}

export const date: FieldKind = {
  Input,
  Cell: Shown,
  Value: Shown,
  Filter,
  empty: null,
  isShort: true,
  column: { width: '7rem' },
};
