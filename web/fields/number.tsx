import { DecimalInput } from '../ui/decimal-input.tsx';
import { numberText } from '../ui/format.ts';
import {
  inputProps,
  numberOf,
  numberProblem,
  type FieldKind,
  type InputProps,
  type ShownProps,
} from './field-kind.ts';
import { ExactFilter } from './text.tsx';

function Input(props: InputProps) {
  return <DecimalInput {...inputProps(props)} />;
}

function Shown({ value }: ShownProps) {
  return numberText(Number(value));
}

export const number: FieldKind = {
  Input,
  Cell: Shown,
  Value: Shown,
  Filter: ExactFilter,
  empty: '',
  sent: numberOf,
  problem: numberProblem,
  isShort: true,
  column: { width: '5rem', align: 'right', desktopOnly: true },
};
