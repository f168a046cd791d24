import { z } from 'zod';
import { makeField, type FieldOptions } from './field.ts';

/** Names a record by its id, in either case. */
export const recordId = z.uuid().toLowerCase();

/** Another record of the workspace, by its id. */
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
