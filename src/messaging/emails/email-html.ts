/** Elements that mails keep; the content of other ones stays, except of `DROPPED`. */
const KEPT = new Set(
  (
    'a abbr address article aside b bdi bdo big blockquote body br caption center cite code col colgroup dd del details dfn div dl dt em ' +
    'figcaption figure font footer h1 h2 h3 h4 h5 h6 head header hr html i img ins kbd li main mark nav ol p pre q s samp section small ' +
    'span strike strong style sub summary sup table tbody td tfoot th thead time title tr tt u ul var wbr'
  ).split(' '),
);

/** Elements that go with what is in them. */
const DROPPED = new Set(
  'script iframe frame frameset noscript noframes object embed applet audio video source track canvas svg math template form input button select textarea option base link meta'.split(
    ' ',
  ),
);

/** Of them, those without an end tag. */
const VOID = new Set('br hr img wbr col area base embed frame input link meta source track'.split(' '));

/** Without `target` and `rel`: a link could open in the frame of the mail, or reach back from a page that it opened. */
const ATTRIBUTES = new Set(
  (
    'align alt bgcolor border cellpadding cellspacing class color cols colspan content dir face height href hspace id lang name nowrap ' +
    'role rows rowspan size span src start style summary title type valign value vspace width aria-hidden aria-label data-no-track'
  ).split(' '),
);

const URL_ATTRIBUTES = new Set(['href', 'src']);
const SAFE_URL = /^(?:https?:|mailto:|tel:|sms:|cid:|#|\/\/)/i;
const RELATIVE = /^[^:/?#]*(?:[/?#]|$)/;
const SAFE_IMAGE = /^data:image\/(?:png|jpeg|gif|webp);base64,[a-z0-9+/=\s]*$/i;
/** What browsers and mail clients have run from styles. */
const UNSAFE_STYLE = /expression\s*\(|javascript\s*:|vbscript\s*:|behavior\s*:|-moz-binding|@import|<\//i;

/** As deep as browsers nest elements. The parser looks through all open ones at each end tag. */
const MAX_DEPTH = 512;

/** Ends the parser. */
class TooDeepError extends Error {
  override readonly name = 'TooDeepError';
}

/**
 * HTML that an author wrote, without what can run or load code: scripts, frames, forms, event handlers, URLs other than of
 * web, mail and telephone. Text and comments that are no markup stay escaped. It ends where elements are nested more than
 * 512 deep.
 */
export async function sanitizeHtml(html: string): Promise<string> {
  // Loaded with the first mail: many installations send none.
  const { Parser } = await import('htmlparser2');
  const out: string[] = [];
  let dropping = 0;
  let depth = 0;
  let inStyle: string | null = null;
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        if (!VOID.has(name) && ++depth > MAX_DEPTH) throw new TooDeepError();
        if (DROPPED.has(name)) {
          if (!VOID.has(name)) dropping += 1;
          return;
        }
        if (dropping > 0 || !KEPT.has(name)) return;
        if (name === 'style') {
          inStyle = '';
          return;
        }
        out.push(`<${name}${attributesOf(name, attributes)}>`);
      },
      ontext(text) {
        if (inStyle !== null) inStyle += text;
        else if (dropping === 0) out.push(escapeText(text));
      },
      onclosetag(name) {
        if (!VOID.has(name)) depth -= 1;
        if (DROPPED.has(name)) {
          if (!VOID.has(name)) dropping = Math.max(0, dropping - 1);
          return;
        }
        if (dropping > 0 || !KEPT.has(name) || VOID.has(name)) return;
        if (name === 'style') {
          if (inStyle !== null && !UNSAFE_STYLE.test(withoutEscapes(inStyle)))
            out.push(`<style>${inStyle}</style>`);
          inStyle = null;
          return;
        }
        out.push(`</${name}>`);
      },
    },
    { decodeEntities: true, lowerCaseTags: true, lowerCaseAttributeNames: true },
  );
  try {
    parser.write(html);
    parser.end();
  } catch (error) {
    if (!(error instanceof TooDeepError)) throw error;
  }
  return out.join('');
}

function attributesOf(element: string, attributes: Readonly<Record<string, string>>): string {
  return Object.entries(attributes)
    .filter(([name, value]) => ATTRIBUTES.has(name) && isSafe(element, name, value))
    .map(([name, value]) => ` ${name}="${escapeAttribute(value)}"`)
    .join('');
}

function isSafe(element: string, name: string, value: string): boolean {
  if (name === 'style') return !UNSAFE_STYLE.test(withoutEscapes(value));
  if (!URL_ATTRIBUTES.has(name)) return true;
  // Browsers ignore control characters and spaces in a scheme.
  const url = value.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, '');
  if (element === 'img' && SAFE_IMAGE.test(url)) return true;
  return SAFE_URL.test(url) || RELATIVE.test(url);
}

/** CSS with its escapes and comments resolved: both hide words. */
function withoutEscapes(css: string): string {
  return withoutComments(css)
    .replaceAll(/\\([0-9a-f]{1,6})\s?/gi, (_all, code: string) => {
      const point = parseInt(code, 16);
      return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : '';
    })
    .replaceAll('\\', '');
}

/** One pass over the text: a regular expression would search the rest again at each start of a comment. */
function withoutComments(css: string): string {
  const parts: string[] = [];
  let from = 0;
  for (;;) {
    const start = css.indexOf('/*', from);
    const end = start < 0 ? -1 : css.indexOf('*/', start + 2);
    if (end < 0) return parts.join('') + css.slice(from);
    parts.push(css.slice(from, start));
    from = end + 2;
  }
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function escapeAttribute(text: string): string {
  return escapeText(text).replaceAll('"', '&quot;');
}

/** The text part of a mail that has only HTML. */
export async function textOfHtml(html: string): Promise<string> {
  const { convert } = await import('html-to-text');
  return convert(html, {
    wordwrap: 100,
    limits: { maxInputLength: 1_000_000, maxDepth: 100, maxBaseElements: 10 },
    selectors: [
      { selector: 'img', format: 'skip' },
      { selector: 'a', options: { hideLinkHrefIfSameAsText: true, ignoreHref: false } },
    ],
  }).trim();
}

const MAX_SNIPPET = 200;

/** The beginning of a text, on one line. */
export function snippetOf(text: string): string | null {
  const line = text.slice(0, 2000).replaceAll(/\s+/g, ' ').trim();
  if (line === '') return null;
  return (line.length <= MAX_SNIPPET ? line : `${line.slice(0, MAX_SNIPPET - 1)}…`).toWellFormed();
}

/** What is stored of a mail as its author wrote it: the HTML without what does not belong in mails, and its text. */
export async function safeContent(
  html: string | null,
  text: string | null,
): Promise<{ html: string | null; text: string | null }> {
  const safe = html === null || html.trim() === '' ? null : await sanitizeHtml(html);
  return { html: safe, text: text ?? (safe === null ? null : await textOfHtml(safe)) };
}
