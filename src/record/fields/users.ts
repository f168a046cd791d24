import { z } from 'zod';
import { makeField, type FieldOptions } from './field.ts';

/** Members of the workspace, by user id; set by the server. */
export function users<const Options extends FieldOptions>(options: Options) {
  return makeField<string[], Options & { default: []; readOnly: true }>(
    { kind: 'users', input: z.array(z.uuid()), output: z.array(z.uuid()) },
    { ...options, default: [], readOnly: true },
  );
}
