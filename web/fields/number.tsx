import { NumberInput } from '../ui/number-input.tsx';
import { inputProps, numberOf, type FieldKind, type InputProps, type ShownProps } from './field-kind.ts';
import { ExactFilter } from './text.tsx';

function Input(props: InputProps) {
  return <NumberInput {...inputProps(props)} hideControls />;
}

function Shown({ value }: ShownProps) {
  return Number(value).toLocaleString();
}

export const number: FieldKind = {
  Input,
  Cell: Shown,
  Value: Shown,
  Filter: ExactFilter,
  empty: '',
  sent: numberOf,
  isShort: true,
  column: { width: '5rem', align: 'right', desktopOnly: true },
};
