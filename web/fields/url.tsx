import { Anchor, TextInput } from '@mantine/core';
import { inputProps, type FieldKind, type InputProps, type ShownProps } from './field-kind.ts';
import { ExactFilter } from './text.tsx';

function Input(props: InputProps) {
  return <TextInput {...inputProps(props)} placeholder="https://" />;
}

function Cell({ value }: ShownProps) {
  return withoutScheme(String(value));
}

/** The API stores any text as an address. Only an http or https URL becomes a link. */
function Value({ value }: ShownProps) {
  const address = String(value);
  if (!/^https?:\/\//i.test(address)) return address;
  return (
    <Anchor href={address} target="_blank" rel="noopener noreferrer">
      {withoutScheme(address)}
    </Anchor>
  );
}

function withoutScheme(address: string): string {
  return address.replace(/^https?:\/\//i, '');
}

export const url: FieldKind = {
  Input,
  Cell,
  Value,
  Filter: ExactFilter,
  empty: '',
  isShort: false,
  column: { width: '18%' },
};
