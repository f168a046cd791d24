import { lazy } from 'react';
import type { FieldKind } from './field-kind.ts';
import { ExactFilter, ShownText } from './text.tsx';

const Input = lazy(async () => ({ default: (await import('./form-inputs.tsx')).LongTextInput }));

export const longText: FieldKind = {
  Input,
  Cell: ShownText,
  Value: ShownText,
  Filter: ExactFilter,
  empty: '',
  isShort: false,
  column: { width: '18%', desktopOnly: true },
};
