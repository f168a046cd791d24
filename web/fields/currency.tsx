import { NumberInput } from '../ui/number-input.tsx';
import { inputProps, numberOf, type FieldKind, type InputProps, type ShownProps } from './field-kind.ts';

function Input(props: InputProps) {
  return <NumberInput {...inputProps(props)} min={0} decimalScale={4} thousandSeparator hideControls />;
}

function Shown({ value, record }: ShownProps) {
  return amountText(Number(value), record['currency']);
}

/** An amount in the currency of its record, as in `€5,000`; a plain number if the record has none. */
function amountText(amount: number, currency: unknown): string {
  return new Intl.NumberFormat(undefined, {
    ...(typeof currency === 'string' && { style: 'currency', currency }),
    trailingZeroDisplay: 'stripIfInteger',
    maximumFractionDigits: 4,
  }).format(amount);
}

export const currency: FieldKind = {
  Input,
  Cell: Shown,
  Value: Shown,
  empty: '',
  sent: numberOf,
  isShort: true,
  column: { width: '9rem', align: 'right' },
};
