import { z } from 'zod';
import { makeField, type FieldOptions } from './field.ts';
import { textInput } from './text.ts';

/** The longest text, in UTF-16 units. */
export const MAX_LONG_TEXT = 50_000;

/** A text with several lines. */
export function longText<const Options extends FieldOptions & { max?: number; sample?: string }>(
  options: Options,
) {
  const input = textInput({ ...options, max: options.max ?? MAX_LONG_TEXT } as never);
  return makeField<string, Options>({ kind: 'long_text', input, output: z.string() }, options);
}
