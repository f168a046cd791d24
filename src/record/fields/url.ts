import { z } from 'zod';
import { makeField, type FieldOptions } from './field.ts';
import { textInput } from './text.ts';

const MAX_URL = 2000;

/** A web address: kept as sent, compared ignoring case. */
export function url<const Options extends FieldOptions & { sample?: string }>(options: Options) {
  // The whole value is indexed.
  const input = textInput({ ...options, max: MAX_URL, maxBytes: MAX_URL } as never);
  return makeField<string, Options>(
    {
      kind: 'url',
      input,
      output: z.string(),
      filter: { by: 'caseless', schema: z.string().max(MAX_URL) },
      hasExample: true,
    },
    { ...options, description: options.description ?? `${options.label}, kept as sent` },
  );
}
