import { z } from 'zod';
import { plainText } from '../base/values/text.ts';

export type CustomValue = string | number | boolean | null;

const NAME = /^[A-Za-z][A-Za-z0-9_]{0,62}$/;
const MAX_FIELDS = 200;
const MAX_TEXT = 10_000;

/** Custom fields of a record: name to text, number, boolean or null; null removes a field. */
export const customFields = z
  .record(
    z.string().regex(NAME, 'a custom field name is a letter, then up to 62 letters, digits or _'),
    z.union([plainText(MAX_TEXT), z.number(), z.boolean(), z.null()]),
  )
  .refine((fields) => Object.keys(fields).length <= MAX_FIELDS, `must have at most ${MAX_FIELDS} fields`)
  .meta({ description: 'Custom fields. On update, fields that are not sent stay; null removes one.' });

/** Custom fields after a change. */
export function mergeCustomFields(
  current: Record<string, CustomValue>,
  change: Record<string, CustomValue> | undefined,
): Record<string, CustomValue> {
  if (!change) return current;
  const merged = { ...current, ...change };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
}
