import { TextInput, type NumberInputProps } from '@mantine/core';
import { lazy, Suspense } from 'react';

/** Loaded on demand: most forms have no numbers. */
const Loaded = lazy(async () => ({ default: (await import('./number-box.tsx')).NumberInput }));

/** An input for a number. */
export function NumberInput(props: NumberInputProps) {
  return (
    <Suspense fallback={<TextInput label={props.label} disabled />}>
      <Loaded {...(props as object)} />
    </Suspense>
  );
}
