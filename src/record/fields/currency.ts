import { z } from 'zod';
import { invalid } from '../../base/errors.ts';
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

const decimalsByCode = new Map<string, number>();

/** The decimals of a currency of ISO 4217: none of JPY, two of EUR, three of KWD. */
function decimalsOf(code: string): number {
  const known = decimalsByCode.get(code);
  if (known !== undefined) return known;
  const format = new Intl.NumberFormat('en', { style: 'currency', currency: code });
  const decimals = format.resolvedOptions().maximumFractionDigits ?? DECIMALS;
  decimalsByCode.set(code, decimals);
  return decimals;
}

/** Throws `validation_error` for an amount with more decimals than its currency has. */
export function checkDecimals(field: string, amount: number | null, code: string | null): void {
  if (amount === null || code === null || Number.isInteger(amount)) return;
  const decimals = decimalsOf(code);
  if (Number(amount.toFixed(decimals)) === amount) return;
  throw invalid(
    field,
    decimals === 0 ? `must be an integer in ${code}` : `must have at most ${decimals} decimals in ${code}`,
  );
}
