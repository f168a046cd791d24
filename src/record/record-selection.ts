import { z } from 'zod';

/** The fields of records that a request asks for. */
export interface Selection {
  /** Without `id`, which is always there. */
  readonly names: ReadonlySet<string>;
  /** The custom fields; null: all of them, if `names` has `custom_fields`. */
  readonly customFields: ReadonlySet<string> | null;
}

const MAX_LENGTH = 4_000;
const CUSTOM_FIELD = /^custom_fields\.([A-Za-z][A-Za-z0-9_]{0,62})$/;

/** The query parameter `fields`. @param known the fields of a record */
export function fieldsParameter(known: readonly string[]) {
  const names = new Set(known);
  return z
    .string()
    .max(MAX_LENGTH)
    .superRefine((sent, context) => {
      const requested = listed(sent);
      if (requested.length === 0)
        context.addIssue({ code: 'custom', message: 'must name at least one field' });
      const unknown = requested.find((name) => !names.has(name) && !CUSTOM_FIELD.test(name));
      if (unknown !== undefined)
        context.addIssue({ code: 'custom', message: `there is no field ${unknown.slice(0, 100)}` });
    })
    .optional()
    .meta({
      description:
        'Only these fields, separated by commas, and `id`. `custom_fields.<name>` is one custom field. Default: all.',
    });
}

/** The items of a parameter that are separated by commas. */
export function listed(sent: string): string[] {
  const items = sent.split(',').map((item) => item.trim());
  return [...new Set(items.filter((item) => item !== ''))];
}

/** @param sent a value that `fieldsParameter` accepts; null if it is undefined */
export function selectionOf(sent: string | undefined): Selection | null {
  if (sent === undefined) return null;
  const requested = listed(sent);
  const custom = requested.flatMap((name) => CUSTOM_FIELD.exec(name)?.[1] ?? []);
  const names = new Set(requested.filter((name) => !CUSTOM_FIELD.test(name)));
  const hasAll = names.has('custom_fields');
  if (custom.length > 0) names.add('custom_fields');
  return { names, customFields: custom.length > 0 && !hasAll ? new Set(custom) : null };
}

/** The selected fields of a record, in its own order. */
export function select(record: object, { names, customFields }: Selection): object {
  const selected = Object.entries(record).filter(([name]) => name === 'id' || names.has(name));
  if (customFields === null) return Object.fromEntries(selected);
  return Object.fromEntries(
    selected.map(([name, value]) => [
      name,
      name === 'custom_fields' ? someOf(value as Record<string, unknown>, customFields) : value,
    ]),
  );
}

/** The custom fields with these names. */
export function someOf(fields: Readonly<Record<string, unknown>>, names: ReadonlySet<string>) {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => names.has(name)));
}
