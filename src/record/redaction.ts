import type { z } from 'zod';

/** What is left of a field's value. */
type Rule = (value: unknown) => unknown;

/** Makes what is left of a record. */
export type Redaction = (record: Readonly<Record<string, unknown>>) => Record<string, unknown>;

const kept: Rule = (value) => value;
const BASE = new Set(['id', 'version', 'created_by', 'created_at', 'updated_at', 'deleted_at']);

/**
 * What is left of a record without what is personal, still of the shape that its schema says: the fields that its
 * summary tells stay, others are null or, where they can't be, an empty text or object; ids, numbers and states that
 * have to be there stay.
 * @param output the shape of the record
 * @param open fields that its summary tells as they are
 */
export function redaction(output: z.ZodObject, open: readonly string[] = []): Redaction {
  const rules = new Map<string, Rule>(
    Object.entries(output.shape as Record<string, z.ZodType>).map(([name, field]) => [
      name,
      open.includes(name) || BASE.has(name) ? kept : ruleOf(field),
    ]),
  );
  // Deletions tell when, beside the record.
  rules.set('deleted_at', kept);
  return (record) =>
    Object.fromEntries(
      Object.entries(record).map(([name, value]) => [name, rules.get(name)?.(value) ?? null] as const),
    );
}

function ruleOf(field: z.ZodType): Rule {
  const blank = [null, '', {}].find((empty) => field.safeParse(empty).success);
  return blank === undefined ? kept : () => blank;
}

/** What is left of an object within an answer; undefined where it is not about the record. */
export type PartRedaction = (
  object: Readonly<Record<string, unknown>>,
) => Record<string, unknown> | undefined;

/**
 * The same JSON with what is about a record in it, wherever it stands, redacted. What only names it, as the receipt of
 * a lead does, stays.
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
