import { Autocomplete } from '@mantine/core';
import type { Payment } from '../api/payment-queries.ts';
import { inputProps, type InputProps } from '../fields/field-kind.ts';
import { fieldLabel } from '../ui/field-label.ts';

const METHODS = ['bank_transfer', 'cash', 'card', 'check', 'direct_debit'];

/** As in `Card •••• 4242`; null if nothing is known. */
export function methodText({
  method_type: type,
  method_last4: last4,
}: Pick<Payment, 'method_type' | 'method_last4'>): string | null {
  const text = [type && fieldLabel(type), last4 && `•••• ${last4}`].filter(Boolean).join(' ');
  return text || null;
}

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
