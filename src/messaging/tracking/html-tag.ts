/** An attribute as written: `start` and `end` bound its value in the text, without quotes. */
export interface HtmlAttribute {
  /** In lower case. */
  name: string;
  raw: string;
  start: number;
  end: number;
}

export interface HtmlTag {
  /** In lower case. */
  name: string;
  isEnd: boolean;
  attributes: readonly HtmlAttribute[];
  /** The positions of `<`, and of what follows `>`. */
  start: number;
  end: number;
}

/** Elements whose content is text, whatever it looks like. */
const RAW_TEXT = /^(?:script|style|textarea|title|xmp|iframe|noembed|noframes)$/;
const SPACE = /[\t\n\f\r ]/;

/**
 * The tags of an HTML text in order, as browsers find them; comments and the content of scripts have none. It reads the
 * text once and changes nothing, so that a rewritten mail differs from the original only in the rewritten values.
 */
export function readTags(text: string): HtmlTag[] {
  const tags: HtmlTag[] = [];
  let at = 0;
  for (;;) {
    const start = text.indexOf('<', at);
    if (start < 0) return tags;
    if (text.startsWith('<!--', start)) {
      at = after(text, '-->', start + 4);
    } else if (/^<[!?]/.test(text.slice(start, start + 2))) {
      at = after(text, '>', start + 2);
    } else if (/^<\/?[a-z]/i.test(text.slice(start, start + 3))) {
      const tag = readTag(text, start);
      if (!tag) return tags;
      tags.push(tag);
      at = !tag.isEnd && RAW_TEXT.test(tag.name) ? endOfRawText(text, tag) : tag.end;
    } else {
      at = start + 1;
    }
  }
}

function after(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found + mark.length;
}

function endOfRawText(text: string, { name, end }: HtmlTag): number {
  const closing = new RegExp(`</${name}[\\t\\n\\f\\r />]`, 'gi');
  closing.lastIndex = end;
  return closing.exec(text)?.index ?? text.length;
}

/** Null for a tag that does not end. */
function readTag(text: string, start: number): HtmlTag | null {
  const isEnd = text[start + 1] === '/';
  let at = start + (isEnd ? 2 : 1);
  const nameStart = at;
  while (at < text.length && !/[\t\n\f\r />]/.test(text[at]!)) at++;
  const name = text.slice(nameStart, at).toLowerCase();
  const attributes: HtmlAttribute[] = [];
  for (;;) {
    while (at < text.length && (SPACE.test(text[at]!) || text[at] === '/')) at++;
    if (at >= text.length) return null;
    if (text[at] === '>') return { name, isEnd, attributes, start, end: at + 1 };
    const attribute = readAttribute(text, at);
    attributes.push(attribute);
    at = attribute.next;
  }
}

function readAttribute(text: string, from: number): HtmlAttribute & { next: number } {
  let at = from + 1;
  while (at < text.length && !/[\t\n\f\r />=]/.test(text[at]!)) at++;
  const name = text.slice(from, at).toLowerCase();
  let value = at;
  while (value < text.length && SPACE.test(text[value]!)) value++;
  if (text[value] !== '=') return { name, raw: '', start: at, end: at, next: at };
  value++;
  while (value < text.length && SPACE.test(text[value]!)) value++;
  const quote = text[value];
  if (quote === '"' || quote === "'") {
    const found = text.indexOf(quote, value + 1);
    const end = found < 0 ? text.length : found;
    return { name, raw: text.slice(value + 1, end), start: value + 1, end, next: end + 1 };
  }
  let end = value;
  while (end < text.length && !/[\t\n\f\r >]/.test(text[end]!)) end++;
  return { name, raw: text.slice(value, end), start: value, end, next: end };
}

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  AMP: '&',
  lt: '<',
  LT: '<',
  gt: '>',
  GT: '>',
  quot: '"',
  QUOT: '"',
  apos: "'",
  nbsp: '\u00a0',
};

/** Names that are references without a semicolon, too. */
const WITHOUT_SEMICOLON = new Set(
  (
    'AElig AMP Aacute Acirc Agrave Aring Atilde Auml COPY Ccedil ETH Eacute Ecirc Egrave Euml GT Iacute Icirc Igrave Iuml ' +
    'LT Ntilde Oacute Ocirc Ograve Oslash Otilde Ouml QUOT REG THORN Uacute Ucirc Ugrave Uuml Yacute aacute acirc acute ' +
    'aelig agrave amp aring atilde auml brvbar ccedil cedil cent copy curren deg divide eacute ecirc egrave eth euml ' +
    'frac12 frac14 frac34 gt iacute icirc iexcl igrave iquest iuml laquo lt macr micro middot nbsp not ntilde oacute ' +
    'ocirc ograve ordf ordm oslash otilde ouml para plusmn pound quot raquo reg sect shy sup1 sup2 sup3 szlig thorn ' +
    'times uacute ucirc ugrave uml uuml yacute yen yuml'
  ).split(' '),
);

const REFERENCE = /&(?:#(?:x([0-9a-f]+)|(\d+));?|([a-z][a-z0-9]*)(;?)(?=(.?)))/gis;

/**
 * The value of an attribute without its character references (HTML, 13.2.5.73).
 * @returns null if it has a reference that is not known here: such a value is left as it is
 */
export function decodeAttribute(raw: string): string | null {
  let isKnown = true;
  const decoded = raw.replace(
    REFERENCE,
    (reference, hex?: string, decimal?: string, name?: string, semicolon?: string, next?: string) => {
      if (name === undefined) return characterOf(hex, decimal) ?? unknown(reference);
      // In a query, `&copy=` and `&copyright` are names of parameters.
      if (semicolon === '' && (/^[=a-z0-9]$/i.test(next ?? '') || !WITHOUT_SEMICOLON.has(name)))
        return reference;
      return Object.hasOwn(NAMED, name) ? NAMED[name]! : unknown(reference);
    },
  );
  return isKnown ? decoded : null;

  function unknown(reference: string): string {
    isKnown = false;
    return reference;
  }
}

/** Undefined for numbers that browsers replace by other characters. */
function characterOf(hex: string | undefined, decimal: string | undefined): string | undefined {
  const code = hex === undefined ? Number(decimal) : parseInt(hex, 16);
  const isReplaced = code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0xd800 && code < 0xe000);
  return isReplaced || code > 0x10ffff ? undefined : String.fromCodePoint(code);
}
