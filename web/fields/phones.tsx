import { Stack, TagsInput } from '@mantine/core';
import { inputProps, type FieldKind, type InputProps, type ShownProps } from './field-kind.ts';
import { PhoneLink } from './phone.tsx';
import { ShownList } from './text.tsx';

function Input(props: InputProps) {
  return <TagsInput {...inputProps(props)} type="tel" placeholder="Press Enter to add" acceptValueOnBlur />;
}

function Value({ value }: ShownProps) {
  return (
    <Stack gap={2}>
      {(value as string[]).map((number) => (
        <PhoneLink key={number} number={number} />
      ))}
    </Stack>
  );
}

export const phones: FieldKind = {
  Input,
  Cell: ShownList,
  Value,
  empty: [],
  isShort: false,
  column: { width: '8.5rem', desktopOnly: true },
};
