import { isBlank } from '../../base/values/text.ts';
import type { FormFields } from '../../http/form-body.ts';
import { LEAD_FIELDS } from './lead-input.ts';

/**
 * Converts a form body to the body of a lead. Repeated fields do not fail: all `tags` count, `notes` are joined by line
 * breaks, and of any other field the last valid value that is filled in counts, as in PHP and Rails (pages often have a
 * hidden default before the field itself). The submission stores all values.
 */
export function leadOfForm(fields: FormFields): Record<string, unknown> {
  const lead: Record<string, unknown> = {};
  for (const [name, sent] of Object.entries(fields)) {
    const known = name.endsWith('[]') ? name.slice(0, -2) : name;
    const isKnown = Object.hasOwn(LEAD_FIELDS, known);
    if (isKnown && name !== known && fields[known] !== undefined) continue;
    const value = isKnown ? [sent, name === known ? (fields[`${known}[]`] ?? []) : []].flat() : sent;
    lead[isKnown ? known : name] = typeof value === 'string' ? value : single(known, value);
  }
  const tags = [fields['tags'] ?? [], fields['tags[]'] ?? []].flat();
  return tags.length > 0 ? { ...lead, tags: tags.join(',') } : lead;
}

function single(name: string, values: readonly string[]): string {
  const filled = values.filter((value) => !isBlank(value));
  if (name === 'notes') return filled.join('\n');
  const field = Object.hasOwn(LEAD_FIELDS, name) ? LEAD_FIELDS[name as keyof typeof LEAD_FIELDS] : undefined;
  return filled.findLast((value) => field?.safeParse(value).success !== false) ?? filled.at(-1) ?? '';
}
