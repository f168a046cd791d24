import { Textarea } from '@mantine/core';
import { inputProps, type FieldKind, type InputProps } from './field-kind.ts';
import { ExactFilter, ShownText } from './text.tsx';

function Input(props: InputProps) {
  return <Textarea {...inputProps(props)} autosize minRows={3} maxRows={12} />;
}

export const longText: FieldKind = {
  Input,
  Cell: ShownText,
  Value: ShownText,
  Filter: ExactFilter,
  empty: '',
  isShort: false,
  column: { width: '18%', desktopOnly: true },
};
