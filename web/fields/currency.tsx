import { DecimalInput } from '../ui/decimal-input.tsx';
import { amountText, decimalsOf } from '../ui/format.ts';
import {
  inputProps,
  numberOf,
  numberProblem,
  type FieldKind,
  type FormValue,
  type InputProps,
  type ShownProps,
} from './field-kind.ts';

function Input(props: InputProps) {
  const code = props.form.getValues()['currency'] as string | null | undefined;
  return <DecimalInput {...inputProps(props)} decimals={decimalsOf(code ?? null)} />;
}

function Shown({ value, record }: ShownProps) {
  return amountText(Number(value), record['currency']);
}

/** Why an amount cannot be saved: it is no number, or has more decimals than its currency. */
export function amountProblem(value: FormValue, currency: string | null): string | null {
  const problem = numberProblem(value);
  if (problem !== null || typeof value !== 'number') return problem;
  const decimals = decimalsOf(currency);
  if (Number(value.toFixed(decimals)) === value) return null;
  return decimals === 0 ? 'This currency has no decimals.' : `This currency has ${decimals} decimals.`;
}

export const currency: FieldKind = {
  Input,
  Cell: Shown,
  Value: Shown,
  empty: '',
  sent: numberOf,
  problem: (value, values) => amountProblem(value, (values['currency'] as string | null | undefined) ?? null),
  isShort: true,
  column: { width: '9rem', align: 'right' },
};
