const MAX_LENGTH = 20_000;
const MAX_MARKS = 1_000;
const MARKS = /[*_~`[\]<>|]/g;
/** Quotes and lists within each other. */
const DEEPLY_NESTED = /^(?:[ \t>*+-]|\d{1,9}[.)]){60}/m;

/**
 * Whether a text would hold the page up. The time of the parser grows with the square of the marks: 48,000 characters of
 * `**a` took 26 s, so that one note would keep everybody from its record.
 */
export function isCostly(text: string): boolean {
  if (text.length > MAX_LENGTH || DEEPLY_NESTED.test(text)) return true;
  return (text.match(MARKS)?.length ?? 0) > MAX_MARKS;
}
