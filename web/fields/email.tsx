import { Anchor, TextInput } from '@mantine/core';
import { inputProps, type FieldKind, type InputProps, type ShownProps } from './field-kind.ts';
import { ExactFilter, ShownText } from './text.tsx';

function Input(props: InputProps) {
  return <TextInput {...inputProps(props)} type="email" />;
}

function Value({ value }: ShownProps) {
  // A local part may have characters with a meaning in a URL, such as `?` and `%`.
  const address = encodeURI(String(value)).replaceAll(/[?&#]/g, encodeURIComponent);
  return <Anchor href={`mailto:${address}`}>{String(value)}</Anchor>;
}

export const email: FieldKind = {
  Input,
  Cell: ShownText,
  Value,
  Filter: ExactFilter,
  empty: '',
  isShort: false,
  column: { width: '18%' },
};
