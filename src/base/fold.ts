/**
 * Maps characters that look alike to one: apostrophes and primes, quotation marks, hyphens and dashes, and letters
 * that Unicode does not decompose. The function folded_text of migration 0068 does the same in the database.
 */
const ALIKE: Readonly<Record<string, string>> = {
  ...mapAll("'", '`´‘’‚‛′‵ʹʻʼʽˈꞌ＇'),
  ...mapAll('"', '“”„‟″«»＂'),
  ...mapAll('-', '‐‑‒–—―−⁃﹘﹣－'),
  ...mapAll('', '\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff'),
};
const LETTERS: Readonly<Record<string, string>> = {
  ...mapAll('i', 'ı'),
  ...mapAll('o', 'ø'),
  ...mapAll('l', 'ł'),
  ...mapAll('d', 'đð'),
  ...mapAll('h', 'ħ'),
  ...mapAll('σ', 'ς'),
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  þ: 'th',
};

function mapAll(standard: string, many: string): Record<string, string> {
  return Object.fromEntries(Array.from(many, (character) => [character, standard]));
}

const ALIKE_PATTERN = anyOf(ALIKE);
const LETTER_PATTERN = anyOf(LETTERS);
/**
 * Accents of Latin, Greek and Cyrillic, and the vowel signs of Arabic. In other scripts such marks change the
 * word.
 */
const ACCENTS =
  // oxlint-disable-next-line no-misleading-character-class -- each of these is a character of its own
  /[\u{300}-\u{36f}\u{64b}-\u{65f}\u{670}\u{1ab0}-\u{1aff}\u{1dc0}-\u{1dff}\u{20d0}-\u{20ff}\u{fe20}-\u{fe2f}]/gu;
// oxlint-disable-next-line no-control-regex
const ASCII = /^[\0-\x7f]*$/;

function anyOf(table: Readonly<Record<string, string>>): RegExp {
  return new RegExp(`[${Object.keys(table).join('')}]`, 'g');
}

/** Normalizes case and Unicode form, so that texts which differ only in these are equal. For tags and names. */
export function caseless(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  // Removes differences that depend on one alphabet (Turkish i) or on the position in the word (final sigma).
  return text.normalize('NFC').replaceAll('İ', 'i').toLowerCase().replaceAll('ς', 'σ').normalize('NFC');
}

/**
 * Normalizes case, accents, width, apostrophes and dashes, so that texts which people consider equal are equal.
 * For search and duplicate detection; never for display.
 */
export function folded(text: string): string {
  if (ASCII.test(text)) return text.replaceAll('`', "'").toLowerCase();
  return text
    .replaceAll(ALIKE_PATTERN, (character) => ALIKE[character]!)
    .normalize('NFKD')
    .replaceAll(ACCENTS, '')
    .toLowerCase()
    .replaceAll(LETTER_PATTERN, (character) => LETTERS[character]!)
    .normalize('NFKC');
}

/** Chinese, Japanese and Korean characters; the same as in search_text of migration 0092. */
const IDEOGRAPHS =
  /[\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3040-\u30ff\u3100-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\u{20000}-\u{3ffff}]/gu;

/**
 * Text as search documents contain it: folded, with a blank before each word; Chinese, Japanese and Korean characters
 * are words of their own. The same as search_text of migration 0092.
 */
export function searchText(text: string): string {
  const plain = folded(text);
  if (ASCII.test(plain)) return ` ${plain.replaceAll(/[\n\r\t\v\f]/g, ' ')}`;
  return ` ${plain}`.replaceAll(IDEOGRAPHS, ' $& ').replaceAll(/\s+/g, ' ');
}

const OTHER_DIGITS = '０１２３４５６７８９٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹';

/** The digits of a telephone number, for comparison; the same as phone_digits of migration 0068. */
export function phoneDigits(phone: string): string {
  return Array.from(phone, (character) => {
    const at = OTHER_DIGITS.indexOf(character);
    return at >= 0 ? String(at % 10) : character >= '0' && character <= '9' ? character : '';
  }).join('');
}
