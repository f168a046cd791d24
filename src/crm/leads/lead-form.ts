import type { FormFields } from '../../http/form-body.ts';

/**
 * A form as the body that makes a lead. A lead is not lost to a field that was sent several times: each of the `tags`
 * counts, `notes` stand below each other, and of any other field the last that is filled in counts, as in PHP and Rails
 * (the usual page has a hidden default before the field itself). The submission keeps all of them.
 */
export function leadOfForm(fields: FormFields): Record<string, unknown> {
  const lead = Object.fromEntries(
    Object.entries(fields).map(([name, sent]) => [
      name,
      typeof sent === 'string' ? sent : single(name, sent),
    ]),
  );
  const tags = [fields['tags'] ?? [], fields['tags[]'] ?? []].flat();
  return tags.length > 0 ? { ...lead, tags: tags.join(',') } : lead;
}

function single(name: string, values: readonly string[]): string {
  const filled = values.filter((value) => value.trim() !== '');
  return (name === 'notes' ? filled.join('\n') : filled.at(-1)) ?? '';
}
