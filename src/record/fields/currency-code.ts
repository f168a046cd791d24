import { z } from 'zod';
import { makeField, type FieldOptions } from './field.ts';

/** The default currency of amounts. */
export const DEFAULT_CURRENCY = 'USD';

const CODES = Intl.supportedValuesOf('currency');
const known = new Set(CODES);

/** A currency code (ISO 4217), in either case; default: USD. */
export function currencyCode<const Options extends FieldOptions & { sample?: string }>(options: Options) {
  const input = z
    .string()
    .toUpperCase()
    .refine((code) => known.has(code), 'must be a currency code of ISO 4217')
    .nullable();
  return makeField<string, Options & { default: string }>(
    {
      kind: 'currency_code',
      input,
      output: z.string(),
      options: CODES.map((code) => ({ value: code, label: code })),
      hasExample: true,
    },
    { ...options, default: DEFAULT_CURRENCY },
  );
}
