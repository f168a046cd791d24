import { Stack, TagsInput } from '@mantine/core';
import { EmailLink } from './email.tsx';
import { inputProps, type FieldKind, type InputProps, type ShownProps } from './field-kind.ts';
import { ShownList } from './text.tsx';

function Input(props: InputProps) {
  return <TagsInput {...inputProps(props)} type="email" placeholder="Press Enter to add" acceptValueOnBlur />;
}

function Value({ value }: ShownProps) {
  return (
    <Stack gap={2}>
      {(value as string[]).map((address) => (
        <EmailLink key={address} address={address} />
      ))}
    </Stack>
  );
}

export const emails: FieldKind = {
  Input,
  Cell: ShownList,
  Value,
  empty: [],
  isShort: false,
  column: { width: '18%', desktopOnly: true },
};
