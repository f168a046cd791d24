import type { MailAddress } from './parsed-email.ts';

const MAX_READ = 100_000;
/** Of HTML: a page of unfinished elements takes time with the square of its length. */
const MAX_HTML_READ = 20_000;
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

/** The beginning of what a mail says, without what it quotes, in one line. */
export function snippetOf(text: string | null, html: string | null, max: number): string | null {
  const said = text?.trim()
    ? withoutQuotes(text.slice(0, MAX_READ))
    : textOfHtml((html ?? '').slice(0, MAX_HTML_READ));
  const line = said.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.slice(0, max).toWellFormed().trim() || null;
}

/** For a snippet only: nothing that it returns is shown as HTML. */
function textOfHtml(html: string): string {
  return html
    .replaceAll(/<(style|script|head|title)\b[^>]*>[^]*?<\/\1\s*>/gi, ' ')
    .replaceAll(/<[^>]{0,2000}>/g, ' ')
    .replaceAll(/&(?:#(\d{1,7})|([a-z]{2,6}));/gi, (whole, code: string | undefined, name: string) => {
      if (code === undefined) return ENTITIES[name.toLowerCase()] ?? whole;
      return Number(code) <= 0x10ffff ? String.fromCodePoint(Number(code)) : whole;
    });
}

/** `On … wrote:` of common mail programs, and their lines above a quoted mail. */
const QUOTE_BEGINS =
  /^(?:>|-{2,}\s*(?:Original Message|Ursprüngliche Nachricht|Message d'origine|Forwarded message)|_{10,}|(?:On|Am|Le|El|Il|Op|Den)\b.{1,200}(?:wrote|schrieb.{0,80}|a écrit|escribió|ha scritto|schreef.{0,80}|skrev.{0,80})\s*:\s*$)/i;

/** What the sender wrote: up to the first quoted line; all, if there is nothing before it. */
function withoutQuotes(text: string): string {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => line.length < 400 && QUOTE_BEGINS.test(line.trim()));
  const own = at < 0 ? text : lines.slice(0, at).join('\n');
  return own.trim() === '' ? text : own;
}

const FORWARDED =
  /^[>\s*]{0,10}(?:From|Von|De|Da|Van|Från|Fra|Od)\s?:[*\s]{0,5}([^\n]{0,300}?)[<(]?(?:mailto:)?([^\s<>()"[\]@]{1,64}@[^\s<>()"[\]@]{1,255}?)[>)\]]?\s*\*?$/im;

/** The sender of the mail that a forwarded mail contains; null if it does not say it. */
export function forwardedSender(text: string | null): MailAddress | null {
  const [, name = '', address] = FORWARDED.exec((text ?? '').slice(0, MAX_READ)) ?? [];
  if (address === undefined) return null;
  // The expression counts UTF-16 units, so it may begin within an emoji.
  return { name: name.replaceAll(/["*<]/g, '').trim().toWellFormed(), address: address.toWellFormed() };
}

/** First and last name of a sender; both null if the name is only an address. */
export function nameParts(name: string): { first_name: string | null; last_name: string | null } {
  const plain = name.replaceAll(/["']/g, '').trim();
  if (plain === '' || plain.includes('@')) return { first_name: null, last_name: null };
  const [, last, first] = /^([^,]+),\s*([^,]+)$/.exec(plain) ?? [];
  if (last !== undefined && first !== undefined) return { first_name: first, last_name: last };
  const words = plain.split(/\s+/);
  return words.length === 1
    ? { first_name: plain, last_name: null }
    : { first_name: words.slice(0, -1).join(' '), last_name: words.at(-1)! };
}
