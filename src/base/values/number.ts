/** Digits that a double carries whatever they are, and two more: programs print doubles with up to 17. */
const MAX_DIGITS = 17;
const MAX_EXACT_INTEGER = 2n ** 53n;

/**
 * Whether a JSON number is another value once it is a double: an integer beyond 2^53, more than 17 significant digits,
 * an overflow or an underflow. `5000.00` and `1e3` are not.
 */
export function changesAsNumber(token: string): boolean {
  const [, whole, fraction = '', exponent] = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(token)!;
  const digits = significantDigits(whole + fraction);
  if (digits === '') return false;
  const value = Math.abs(Number(token));
  if (value === Infinity || value === 0 || digits.length > MAX_DIGITS) return true;
  if (exponent !== undefined) return digits.length > 15 && digits !== significantDigits(mantissaOf(value));
  return /^0*$/.test(fraction) && BigInt(whole!) > MAX_EXACT_INTEGER;
}

function mantissaOf(value: number): string {
  return value.toExponential().split('e', 1)[0]!.replace('.', '');
}

function significantDigits(digits: string): string {
  return digits.replace(/^0+/, '').replace(/0+$/, '');
}

/**
 * A number that a double would change, as it stands in a parsed body: a symbol, which no schema takes for a value.
 * @param token the number as it was sent
 */
export function inexactNumber(token: string): symbol {
  return Symbol(token);
}

/** The digits of an `inexactNumber`; null for anything else. */
export function digitsOfInexact(value: unknown): string | null {
  return typeof value === 'symbol' ? value.description! : null;
}
