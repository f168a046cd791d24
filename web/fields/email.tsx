import { Anchor, TextInput } from '@mantine/core';
import { inputProps, type FieldKind, type InputProps, type ShownProps } from './field-kind.ts';
import { ExactFilter, ShownText } from './text.tsx';

function Input(props: InputProps) {
  return <TextInput {...inputProps(props)} type="email" />;
}

function Value({ value }: ShownProps) {
  return <EmailLink address={String(value)} />;
}

/** Opens the mail program. A long address breaks after its `@`. */
export function EmailLink({ address }: { address: string }) {
  // A local part may have characters with a meaning in a URL, such as `?` and `%`.
  const encoded = encodeURI(address).replaceAll(/[?&#]/g, encodeURIComponent);
  const at = address.lastIndexOf('@') + 1;
  return (
    <Anchor href={`mailto:${encoded}`}>
      {address.slice(0, at)}
      <wbr />
      {address.slice(at)}
    </Anchor>
  );
}

export const email: FieldKind = {
  Input,
  Cell: ShownText,
  Value,
  Filter: ExactFilter,
  empty: '',
  isShort: false,
  column: { width: '15%' },
};
