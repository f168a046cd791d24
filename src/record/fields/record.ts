import { z } from 'zod';
import { makeField, type FieldOptions } from './field.ts';

/** The id of a record, in either case. */
export const recordId = z.uuid().toLowerCase();

/** A reference to another record of the workspace, by id. */
export function record<const Options extends FieldOptions & { to: string; sample?: string }>(
  options: Options,
) {
  return makeField<string, Options>(
    {
      kind: 'record',
      input: options.required ? recordId : recordId.nullable(),
      output: z.uuid(),
      filter: { schema: recordId },
      references: options.to,
    },
    options,
  );
}
