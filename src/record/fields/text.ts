import { z } from 'zod';
import { requiredText, text as optionalText } from '../../base/values/text.ts';
import { makeField, type FieldOptions } from './field.ts';

export interface TextOptions extends FieldOptions {
  /** UTF-16 units. */
  max: number;
  default?: string;
  sample?: string;
  /** For a column whose whole value is indexed. */
  maxBytes?: number;
}

/** A line of text: trimmed; an empty one becomes null. */
export function text<const Options extends TextOptions>(options: Options) {
  return makeField<string, Options>(
    { kind: 'text', input: textInput(options), output: z.string(), hasExample: true },
    options,
  );
}

/** The schema of a text; other kinds of text use it too. */
export function textInput({ max, maxBytes, required }: TextOptions): z.ZodType<string | null> {
  const input: z.ZodType<string | null> = required ? requiredText(max) : optionalText(max);
  if (maxBytes === undefined) return input;
  return input.refine(
    (value) => value === null || Buffer.byteLength(value) <= maxBytes,
    `must have at most ${maxBytes} bytes in UTF-8`,
  );
}
