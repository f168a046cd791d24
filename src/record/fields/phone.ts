import { z } from 'zod';
import { makeField, type FieldOptions } from './field.ts';
import { textInput } from './text.ts';

export const MAX_PHONE = 100;

/** A telephone number: kept as sent, compared by its digits. */
export function phone<const Options extends FieldOptions & { sample?: string }>(options: Options) {
  const input = textInput({ ...options, max: MAX_PHONE } as never);
  return makeField<string, Options>(
    { kind: 'phone', input, output: z.string(), filter: { by: 'phone' }, hasExample: true },
    { ...options, description: options.description ?? `${options.label}, kept as sent` },
  );
}
