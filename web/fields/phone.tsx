import { Anchor, TextInput } from '@mantine/core';
import { inputProps, type FieldKind, type InputProps, type ShownProps } from './field-kind.ts';
import { ExactFilter, ShownText } from './text.tsx';

function Input(props: InputProps) {
  return <TextInput {...inputProps(props)} type="tel" />;
}

function Value({ value }: ShownProps) {
  return <PhoneLink number={String(value)} />;
}

/** Starts a call. */
export function PhoneLink({ number }: { number: string }) {
  return <Anchor href={`tel:${number.replaceAll(/[?#%]/g, encodeURIComponent)}`}>{number}</Anchor>;
}

export const phone: FieldKind = {
  Input,
  Cell: ShownText,
  Value,
  Filter: ExactFilter,
  empty: '',
  isShort: false,
  column: { width: '8.5rem', desktopOnly: true },
};
