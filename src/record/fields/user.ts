import { z } from 'zod';
import { makeField, type FieldOptions } from './field.ts';
import { recordId } from './record.ts';

/** A member of the workspace, by user id. */
export function user<const Options extends FieldOptions & { sample?: string }>(options: Options) {
  return makeField<string, Options>(
    {
      kind: 'user',
      input: recordId.nullable(),
      output: z.uuid(),
      filter: { schema: recordId },
      references: 'member',
    },
    { ...options, description: options.description ?? `${options.label} (user id)` },
  );
}
