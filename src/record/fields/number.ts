import { z } from 'zod';
import { makeField, type FieldOptions } from './field.ts';

export interface NumberOptions extends FieldOptions {
  min: number;
  max: number;
  /** Maximum number of decimals; default: none. */
  decimals?: number;
  default?: number;
  sample?: number;
}

/** A number; by default an integer. */
export function number<const Options extends NumberOptions>(options: Options) {
  return makeField<number, Options>(
    {
      kind: 'number',
      input: numberInput(options),
      output: options.decimals ? z.number() : z.int(),
      filter: { schema: numberFilter(options) },
      hasExample: true,
    },
    options,
  );
}

/** The schema of a number in a query; `currency` uses it too. */
export function numberFilter({ min, max, decimals = 0 }: NumberOptions): z.ZodType<string> {
  const value = numberInput({ label: '', min, max, decimals });
  const digits = decimals === 0 ? /^-?\d{1,16}$/ : /^-?\d{1,16}(?:\.\d{1,16})?$/;
  return z
    .string()
    .regex(digits, { error: decimals === 0 ? 'must be an integer' : 'must be a number', abort: true })
    .refine((sent) => value.safeParse(Number(sent)).success, {
      error: `must be from ${min} to ${max}${decimals === 0 ? '' : `, with at most ${decimals} decimals`}`,
    });
}

/** The schema of a number; `currency` uses it too. */
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
