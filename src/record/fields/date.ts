import { z } from 'zod';
import { date as day } from '../../base/values/time.ts';
import { makeField, type FieldOptions } from './field.ts';

/** A day, `YYYY-MM-DD`. */
export function date<const Options extends FieldOptions & { sample?: string }>(options: Options) {
  return makeField<string, Options>(
    {
      kind: 'date',
      input: options.required ? day : day.nullable(),
      output: z.iso.date(),
      filter: { schema: day },
      hasExample: true,
    },
    options,
  );
}
