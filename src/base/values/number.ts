/** A double keeps any 15 digits; programs print doubles with up to 17. */
const MAX_DIGITS = 17;
const MAX_EXACT_INTEGER = 2n ** 53n;

/**
 * Whether a JSON number changes its value as a double: an integer beyond 2^53, more than 17 significant digits, an
 * overflow or an underflow. `5000.00` and `1e3` do not.
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
 * Represents a number that a double would change: a symbol, which every schema rejects.
 * @param token the number as sent
 */
export function inexactNumber(token: string): symbol {
  return Symbol(token);
}

/** The digits of an `inexactNumber`; null for any other value. */
export function digitsOfInexact(value: unknown): string | null {
  return typeof value === 'symbol' ? value.description! : null;
}
