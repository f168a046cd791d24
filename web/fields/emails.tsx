import { lazy } from 'react';
import { Stack } from '@mantine/core';
import { EmailLink } from './email.tsx';
import type { FieldKind, ShownProps } from './field-kind.ts';
import { ShownList } from './text.tsx';

const Input = lazy(async () => ({ default: (await import('./form-inputs.tsx')).EmailsInput }));

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
