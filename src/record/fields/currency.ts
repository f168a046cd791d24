import { z } from 'zod';
import { makeField, type FieldOptions } from './field.ts';
import { numberInput } from './number.ts';

const MAX_AMOUNT = 999_999_999_999;
const DECIMALS = 4;

/** An amount of money, in units of the record's `currency` field. */
export function currency<const Options extends FieldOptions & { sample?: number }>(options: Options) {
  const input = numberInput({ ...options, min: 0, max: MAX_AMOUNT, decimals: DECIMALS } as never);
  return makeField<number, Options>(
    { kind: 'currency', input, output: z.number(), hasExample: true },
    options,
  );
}
