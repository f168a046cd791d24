import { Autocomplete } from '@mantine/core';
import { inputProps, type InputProps } from '../fields/field-kind.ts';
import { fieldLabel } from '../ui/field-label.ts';

const METHODS = ['bank_transfer', 'cash', 'card', 'check', 'direct_debit'];

/** Common methods, or any other text. The API keeps `bank_transfer`. */
export function MethodInput(props: InputProps) {
  const { value, onChange, ...input } = inputProps(props);
  const text = typeof value === 'string' ? value : '';
  return (
    <Autocomplete
      {...input}
      data={METHODS.map(fieldLabel)}
      placeholder="Bank transfer"
      maxLength={64}
      value={METHODS.includes(text) ? fieldLabel(text) : text}
      onChange={(typed) =>
        (onChange as (value: string) => void)(METHODS.find((item) => fieldLabel(item) === typed) ?? typed)
      }
    />
  );
}
