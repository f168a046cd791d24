import { z } from 'zod';
import { makeField, type FieldOptions } from './field.ts';

/** Yes or no; never null. */
export function boolean<const Options extends FieldOptions & { default: boolean }>(options: Options) {
  return makeField<boolean, Options>(
    {
      kind: 'boolean',
      input: z.boolean().nullable(),
      output: z.boolean(),
      filter: { schema: z.enum(['true', 'false'], 'must be true or false') },
    },
    options,
  );
}
