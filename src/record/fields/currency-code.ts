import { z } from 'zod';
import { makeField, type FieldOptions } from './field.ts';

const CODES = Intl.supportedValuesOf('currency');
const known = new Set(CODES);

/** A currency code of ISO 4217, in either case. */
export const currencyInput = z
  .string()
  .toUpperCase()
  .refine((code) => known.has(code), 'must be a currency code of ISO 4217');

/** The currency of amounts. An enrich step sets the workspace's if none is sent. */
export function currencyCode<const Options extends FieldOptions & { sample?: string }>(options: Options) {
  return makeField<string, Options & { assigned: true }>(
    {
      kind: 'currency_code',
      input: currencyInput.nullable(),
      output: z.string(),
      options: CODES.map((code) => ({ value: code, label: code })),
      hasExample: true,
    },
    {
      ...options,
      description: options.description ?? `${options.label} (ISO 4217); default: the workspace's`,
      assigned: true,
    },
  );
}
