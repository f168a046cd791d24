import { folded, phoneDigits } from '../../base/fold.ts';
import { sql, type Sql } from '../../db/sql.ts';

/** A search has at most this many words; others are ignored. */
const MAX_WORDS = 5;
/** Trigrams need this length within a word; shorter words are found at the beginning of words, by the blank before. */
const MIN_WITHIN = 3;
/** A number without its trunk prefix must have this many digits. */
const MIN_NUMBER = 5;
/** A telephone number with at least 5 digits. */
const PHONE = /^(?=(?:\D*\d){5})[\d\s()+./\u2010-\u2015-]+$/;
/** Whether a search looks like a whole telephone number, or most of one. */
export function isPhone(wanted: string): boolean {
  return PHONE.test(wanted);
}

/** A part of a telephone number. */
const PHONE_PART = /^(?:tel:)?[\d()+./\u2010-\u2015-]+$/i;

/** A word of a search in the forms in which documents may contain it, as the database folds them. */
type Word = readonly string[];

/** A search: every word, or the digits of the whole as a telephone number. */
export interface SearchWords {
  words: readonly Word[];
  /** Digits; empty if the search is no telephone number. */
  numbers: readonly string[];
}

/** The texts of a search that the database has to fold, in the order that `searchWords` expects. */
export function textsOf(wanted: string): string[] {
  return wanted
    .split(/\s+/)
    .filter((word) => folded(word).trim() !== '')
    .slice(0, MAX_WORDS);
}

/** @param folds what search_text returned for each of `textsOf(wanted)` */
export function searchWords(wanted: string, folds: readonly string[]): SearchWords {
  const words = textsOf(wanted).map((word, at): Word => {
    const digits = PHONE_PART.test(word) ? phoneDigits(word.replace(/^tel:/i, '')) : '';
    const forms = digits.length >= MIN_WITHIN ? numbersOf(digits) : [];
    return [...new Set([folds[at]!, ...forms.map((form) => ` ${form}`)])];
  });
  return {
    words,
    numbers: PHONE.test(wanted) ? numbersOf(phoneDigits(wanted)).map((form) => ` ${form}`) : [],
  };
}

/** The digits of a number, and without its trunk prefix: 0170 1234 is in +49 170 1234. */
function numbersOf(digits: string): string[] {
  const national = digits.replace(/^0+/, '');
  return national !== digits && national.length >= MIN_NUMBER ? [digits, national] : [digits];
}

/** How exactly a document contains words. */
type Within = 'word' | 'start' | 'anywhere';

/** The condition that a document's text contains the search. */
export function containsSql(text: Sql, words: SearchWords, within: Within = 'anywhere'): Sql {
  return everyWord(words, (form) => sql`${text} like ${patternOf(form, within)}`);
}

/** Every word in one of its forms, or the number in one of its forms. */
function everyWord({ words, numbers }: SearchWords, meets: (form: string) => Sql): Sql {
  const any = (forms: readonly string[]) => sql`(${sql.join(forms.map(meets), sql` or `)})`;
  const all = words.length > 0 ? sql.join(words.map(any), sql` and `) : sql`true`;
  return numbers.length > 0 ? sql`((${all}) or ${any(numbers)})` : sql`(${all})`;
}

/**
 * A form with more letters than this is looked up by a few of its trigrams: the index checks every candidate for each
 * trigram that it is asked for, one after the other.
 */
const MAX_LETTERS = 7;
const MAX_TRIGRAMS = 3;
const TRIGRAM = /^[\p{L}\p{N}]{3}$/u;

/** The trigrams of long forms, of which the rarest are looked up. */
export function longTrigrams({ words, numbers }: SearchWords): string[] {
  return [...new Set([...words.flat(), ...numbers].flatMap(trigramsOf))];
}

/**
 * A condition that the trigram index decides quickly. Every document with the search meets it, and so do others.
 * @param counts how many documents of a sample have each trigram of `longTrigrams`
 */
export function indexSql(text: Sql, words: SearchWords, counts: ReadonlyMap<string, number>): Sql {
  return everyWord(words, (form) => {
    const rarest = trigramsOf(form)
      .toSorted((a, b) => counts.get(a)! - counts.get(b)!)
      .slice(0, MAX_TRIGRAMS);
    const patterns = rarest.length > 0 ? rarest.map((item) => `%${item}%`) : [patternOf(form, 'anywhere')];
    return sql`(${sql.join(
      patterns.map((pattern) => sql`${text} like ${pattern}`),
      sql` and `,
    )})`;
  });
}

/** Those of a long form; none of a short one. */
function trigramsOf(form: string): string[] {
  const letters = Array.from(form.trim());
  if (letters.length <= MAX_LETTERS) return [];
  const all = letters.map((_, at) => letters.slice(at, at + 3).join(''));
  return [...new Set(all.filter((item) => TRIGRAM.test(item)))];
}

const BEGINS_APART = /^ [\u{2e80}-\u{10ffff}]/u;

/** @param form with the blank before it */
function patternOf(form: string, within: Within): string {
  const literal = form.replaceAll(/[\\%_]/g, String.raw`\$&`);
  if (within === 'word') return `%${literal.trimEnd()} %`;
  const isShort = Array.from(form.trim()).length < MIN_WITHIN;
  // A character that stands apart has a blank before it anyway, and the index uses it.
  const keepsBlank = within === 'start' || isShort || BEGINS_APART.test(form);
  return `%${keepsBlank ? literal : literal.slice(1)}%`;
}
