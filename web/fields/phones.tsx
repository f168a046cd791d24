import { lazy } from 'react';
import { Stack } from '@mantine/core';
import type { FieldKind, ShownProps } from './field-kind.ts';
import { PhoneLink } from './phone.tsx';
import { ShownList } from './text.tsx';

const Input = lazy(async () => ({ default: (await import('./form-inputs.tsx')).PhonesInput }));

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
