import type { Field } from './fields/field.ts';

/** The fields of a record that its summary shows (AX12): values first, then presence. */
export function summaryOf(
  fields: Readonly<Record<string, Field>>,
  record: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const summary: Record<string, unknown> = {};
  for (const [name, { summary: mode }] of Object.entries(fields))
    if (mode === 'value') summary[name] = record[name];
  for (const [name, { summary: mode }] of Object.entries(fields)) {
    if (mode !== 'presence') continue;
    const has = `has_${name.replace(/_id$/, '')}`;
    summary[has] = summary[has] === true || record[name] !== null;
  }
  return summary;
}
