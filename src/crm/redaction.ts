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

/**
 * The same JSON with the record of this id in it, wherever it stands, redacted. What only names it, as the receipt of a
 * lead does, stays.
 */
export function withRedacted(json: unknown, id: string, redacted: Redaction): unknown {
  if (Array.isArray(json)) return json.map((one) => withRedacted(one, id, redacted));
  if (typeof json !== 'object' || json === null) return json;
  const object = json as Record<string, unknown>;
  if (object['id'] === id && 'version' in object) return redacted(object);
  const entries = Object.entries(object).map(([name, value]) => [name, withRedacted(value, id, redacted)]);
  return Object.fromEntries(entries) as unknown;
}
