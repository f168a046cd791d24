import { z } from 'zod';
import { makeField, type FieldOptions } from './field.ts';
import { numberFilter, numberInput, type NumberOptions } from './number.ts';

const MAX_AMOUNT = 999_999_999_999;
const DECIMALS = 4;

/** An amount of money, in units of the record's `currency` field. */
export function currency<const Options extends FieldOptions & { sample?: number }>(options: Options) {
  const amount = { ...options, min: 0, max: MAX_AMOUNT, decimals: DECIMALS } as unknown as NumberOptions;
  return makeField<number, Options>(
    {
      kind: 'currency',
      input: numberInput(amount),
      output: z.number(),
      filter: { schema: numberFilter(amount) },
      hasExample: true,
    },
    options,
  );
}
