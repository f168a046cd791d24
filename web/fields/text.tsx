import { TextInput } from '@mantine/core';
import { TextFilter } from '../ui/filters.tsx';
import {
  defaultText,
  inputProps,
  type FieldKind,
  type FilterProps,
  type InputProps,
  type ShownProps,
} from './field-kind.ts';

export function ShownText({ value }: ShownProps) {
  return String(value);
}

export function ShownList({ value }: ShownProps) {
  return (value as string[]).join(', ');
}

/** Filters by the whole value. */
export function ExactFilter({ field, value, onChange }: FilterProps) {
  return <TextFilter label={field.label} value={value} onChange={onChange} />;
}

function Input(props: InputProps) {
  return <TextInput {...inputProps(props)} placeholder={defaultText(props.field)} />;
}

export const text: FieldKind = {
  Input,
  Cell: ShownText,
  Value: ShownText,
  Filter: ExactFilter,
  empty: '',
  isShort: true,
  column: { width: '11%' },
};
