import type { z } from 'zod';

/** Redacts the value of a field. */
type Rule = (value: unknown) => unknown;

/** Redacts a record. */
export type Redaction = (record: Readonly<Record<string, unknown>>) => Record<string, unknown>;

const kept: Rule = (value) => value;
const BASE = new Set(['id', 'version', 'created_by', 'created_at', 'updated_at', 'deleted_at']);

/**
 * Removes personal data from records, so that they still match their schema: fields that the summary shows stay; others
 * become null or, if they are not nullable, an empty text, list or object; required ids, numbers and states stay.
 * @param output the schema of the record
 * @param open fields that the summary shows with their value
 */
export function redaction(output: z.ZodObject, open: readonly string[] = []): Redaction {
  const rules = new Map<string, Rule>(
    Object.entries(output.shape as Record<string, z.ZodType>).map(([name, field]) => [
      name,
      open.includes(name) || BASE.has(name) ? kept : ruleOf(field),
    ]),
  );
  // Only deletion events have this field.
  rules.set('deleted_at', kept);
  return (record) =>
    Object.fromEntries(
      Object.entries(record).map(([name, value]) => [name, rules.get(name)?.(value) ?? null] as const),
    );
}

function ruleOf(field: z.ZodType): Rule {
  const blank = [null, '', [], {}].find((empty) => field.safeParse(empty).success);
  return blank === undefined ? kept : () => blank;
}

/** Redacts an object within a response; undefined if it is not about the record. */
export type PartRedaction = (
  object: Readonly<Record<string, unknown>>,
) => Record<string, unknown> | undefined;

/**
 * Redacts all objects about a record, at any depth of a JSON value. Objects with only its id, such as the receipt of a
 * lead, stay.
 */
export function withRedacted(json: unknown, redacted: PartRedaction): unknown {
  if (Array.isArray(json)) return json.map((item) => withRedacted(item, redacted));
  if (typeof json !== 'object' || json === null) return json;
  const object = json as Record<string, unknown>;
  const left = redacted(object);
  if (left) return left;
  const entries = Object.entries(object).map(([name, value]) => [name, withRedacted(value, redacted)]);
  return Object.fromEntries(entries) as unknown;
}
