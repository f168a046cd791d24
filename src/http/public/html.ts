/** Markup that needs no escaping; only `html` makes it. */
export interface Html {
  readonly markup: string;
}

type Shown = Html | string | number | null | undefined | false | readonly Shown[];

const made = new WeakSet<Html>();

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Markup with interpolated values. Every value that is not `Html` is escaped. In templates, attributes with values need
 * double quotes.
 */
export function html(parts: TemplateStringsArray, ...values: Shown[]): Html {
  const result = { markup: String.raw({ raw: parts }, ...values.map(shown)) };
  made.add(result);
  return result;
}

function shown(value: Shown): string {
  if (value === null || value === undefined || value === false) return '';
  if (typeof value === 'string' || typeof value === 'number')
    return String(value).replace(/[&<>"']/g, (character) => ESCAPES[character]!);
  if (isList(value)) return value.map(shown).join('');
  if (!made.has(value)) throw new Error('not markup made by html');
  return value.markup;
}

function isList(value: Shown): value is readonly Shown[] {
  return Array.isArray(value);
}
