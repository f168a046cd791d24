import { z } from 'zod';
import { instant } from '../../base/values/time.ts';
import { makeField, type FieldOptions } from './field.ts';

/** An instant, returned in UTC with milliseconds (ISO 8601). */
export function datetime<const Options extends FieldOptions & { sample?: string }>(options: Options) {
  return makeField<string, Options>(
    {
      kind: 'datetime',
      input: options.required ? instant : instant.nullable(),
      output: z.iso.datetime(),
      filter: { schema: instant },
    },
    options,
  );
}
