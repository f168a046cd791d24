import { isBlank } from '../../base/values/text.ts';
import type { FormFields } from '../../http/form-body.ts';
import { LEAD_FIELDS } from './lead-input.ts';

/**
 * A form as the body that makes a lead. A lead is not lost to a field that was sent several times: each of the `tags`
 * counts, `notes` stand below each other, and of any other field the last that is filled in, and fits, counts, as in PHP and Rails
 * (the usual page has a hidden default before the field itself). The submission keeps all of them.
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
