import { z } from 'zod';
import { makeField, type FieldOptions } from './field.ts';

export interface NumberOptions extends FieldOptions {
  min: number;
  max: number;
  /** Digits after the point, at most; default: none. */
  decimals?: number;
  default?: number;
  sample?: number;
}

/** A number; a whole one where nothing else is said. */
export function number<const Options extends NumberOptions>(options: Options) {
  return makeField<number, Options>(
    {
      kind: 'number',
      input: numberInput(options),
      output: options.decimals ? z.number() : z.int(),
      hasExample: true,
    },
    options,
  );
}

/** The validator of a number; amounts of money build on it. */
export function numberInput({ min, max, decimals = 0, required }: NumberOptions): z.ZodType<number | null> {
  const value = z
    .number()
    .min(min)
    .max(max)
    .refine(
      (sent) => Number(sent.toFixed(decimals)) === sent,
      decimals === 0 ? 'must be an integer' : `must have at most ${decimals} decimals`,
    );
  return required ? value : value.nullable();
}
