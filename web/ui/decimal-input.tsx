import { TextInput, type TextInputProps } from '@mantine/core';
import { useState } from 'react';
import { decimalText, parseDecimal } from './format.ts';

type Value = number | string | null;

interface DecimalInputProps extends Omit<TextInputProps, 'value' | 'onChange' | 'defaultValue'> {
  value?: Value;
  /** A number, an empty text, or the text itself if it is not a number. */
  onChange?: (value: number | string) => void;
  /** Shown at least, unless the number is an integer. */
  decimals?: number;
}

/** A number as the workspace writes it. It is put in order when the input loses the focus. */
export function DecimalInput({ value = '', onChange, onBlur, decimals, ...props }: DecimalInputProps) {
  const [typed, type] = useState<{ text: string; value: Value } | null>(null);
  // Not by an effect: a value from elsewhere, as after a conflict, replaces what was typed.
  const text = typed && typed.value === value ? typed.text : shownText(value, decimals);
  return (
    <TextInput
      {...props}
      inputMode="decimal"
      autoComplete="off"
      value={text}
      onChange={({ currentTarget: { value: entered } }) => {
        const next = entered.trim() === '' ? '' : (parseDecimal(entered) ?? entered);
        type({ text: entered, value: next });
        onChange?.(next);
      }}
      onBlur={(event) => {
        if (typeof value === 'number') type(null);
        onBlur?.(event);
      }}
    />
  );
}

function shownText(value: Value, decimals: number | undefined): string {
  return typeof value === 'number' ? decimalText(value, decimals) : (value ?? '');
}
