import { Anchor, TextInput } from '@mantine/core';
import { inputProps, type FieldKind, type InputProps, type ShownProps } from './field-kind.ts';
import { ExactFilter, ShownText } from './text.tsx';

function Input(props: InputProps) {
  return <TextInput {...inputProps(props)} type="tel" />;
}

function Value({ value }: ShownProps) {
  return (
    <Anchor href={`tel:${String(value).replaceAll(/[?#%]/g, encodeURIComponent)}`}>{String(value)}</Anchor>
  );
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
