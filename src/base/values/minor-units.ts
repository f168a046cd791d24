import { invalid } from '../errors.ts';

/** A currency and the size of its minor unit: 2 means that 100 minor units, such as cents, are one unit. */
export interface CurrencyUnit {
  /** In upper case. */
  code: string;
  exponent: number;
  /** False for a code that ISO 4217 does not list; its exponent is then a guess, 2. */
  isKnown: boolean;
}

const DEFAULT_EXPONENT = 2;

/**
 * The exponents of ISO 4217 other than 2. Intl has those of CLDR instead, which are for display: 0 for IQD, which has
 * 3. Providers have exceptions of their own, in their folders of src/integrations.
 */
const EXPONENTS: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

const BY_CODE = new Map(
  Object.entries(EXPONENTS).flatMap(([exponent, codes]) =>
    codes.split(' ').map((code) => [code, Number(exponent)] as const),
  ),
);

/** Codes of ISO 4217 that Intl of Node 20 does not list. */
const FURTHER = 'BOV CHE CHW COU MXV USN VED';
const KNOWN = new Set([...Intl.supportedValuesOf('currency'), ...BY_CODE.keys(), ...FURTHER.split(' ')]);

/** Every decimal of up to 15 digits has a double of its own, so amounts stay exact as JSON numbers. */
export const MAX_MINOR_UNITS = 999_999_999_999_999n;
const MAX_DIGITS = 15;

/** @param code of ISO 4217, in either case */
export function currencyUnit(code: string): CurrencyUnit {
  const upper = code.toUpperCase();
  return {
    code: upper,
    exponent: BY_CODE.get(upper) ?? DEFAULT_EXPONENT,
    isKnown: KNOWN.has(upper),
  };
}

/**
 * Converts an amount to minor units, exactly: `19.99` in USD is 1999.
 * @param amount a decimal in currency units, as JSON has it: `19.99`, `-5`, `1.5e3`
 * @param field names the amount in the error
 * @param exponent of the minor unit, if it is not that of ISO 4217
 * Throws `validation_error` for anything else, for decimals that the currency does not have, and above
 * `MAX_MINOR_UNITS`.
 */
export function toMinorUnits(
  amount: string,
  currency: string,
  field: string,
  exponent = currencyUnit(currency).exponent,
): bigint {
  const parts = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/.exec(amount.trim());
  if (!parts) throw invalid(field, 'must be a decimal number, such as 19.99');
  const [, sign, whole, fraction = '', power = '0'] = parts;
  const digits = (whole! + fraction).replace(/^0+/, '');
  if (digits === '') return 0n;
  const zeros = exponent + Number(power) - fraction.length;
  const minor = zeros < 0 ? withoutZeros(digits, -zeros) : digits + '0'.repeat(Math.min(zeros, MAX_DIGITS));
  if (minor === null)
    throw invalid(field, `must have ${decimalsAllowed(exponent)} in ${currency.toUpperCase()}`);
  if (minor.length > MAX_DIGITS) throw tooLarge(field, exponent);
  return BigInt(sign + minor);
}

/** Converts minor units to a decimal in currency units: 1999 in USD is `19.99`. */
export function fromMinorUnits(
  minor: bigint,
  currency: string,
  exponent = currencyUnit(currency).exponent,
): string {
  const digits = (minor < 0n ? -minor : minor).toString().padStart(exponent + 1, '0');
  const at = digits.length - exponent;
  const decimal = exponent === 0 ? digits : `${digits.slice(0, at)}.${digits.slice(at)}`;
  return minor < 0n ? `-${decimal}` : decimal;
}

/**
 * Converts minor units of a provider to those of ISO 4217: 50000 for 500 ISK is 500.
 * @param exponent the provider's
 * Throws `validation_error` if the amount is not a multiple of the currency's minor unit.
 */
export function toIsoMinorUnits(minor: bigint, exponent: number, currency: string, field: string): bigint {
  return toMinorUnits(fromMinorUnits(minor, currency, exponent), currency, field);
}

/** Null if one of the last digits is not 0. */
function withoutZeros(digits: string, count: number): string | null {
  if (!/^0*$/.test(digits.slice(-count)) || digits.length <= count) return null;
  return digits.slice(0, -count);
}

function decimalsAllowed(exponent: number): string {
  if (exponent === 0) return 'no decimals';
  return `at most ${exponent} decimals`;
}

function tooLarge(field: string, exponent: number) {
  const max = fromMinorUnits(MAX_MINOR_UNITS, '', exponent);
  return invalid(field, `must be at most ${max}`);
}
