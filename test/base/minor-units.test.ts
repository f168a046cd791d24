import { assert, bigInt, constantFrom, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  currencyUnit,
  fromMinorUnits,
  MAX_MINOR_UNITS,
  toIsoMinorUnits,
  toMinorUnits,
} from '../../src/base/values/minor-units.ts';

describe('minor units of currencies', () => {
  test.each([
    ['USD', 2],
    ['jpy', 0],
    ['KWD', 3],
    ['IQD', 3],
    ['ISK', 0],
    ['UGX', 0],
    ['HUF', 2],
    ['TWD', 2],
    ['MGA', 2],
    ['CLF', 4],
    ['XCG', 2],
  ])('%s has the exponent %i of ISO 4217', (code, exponent) => {
    expect(currencyUnit(code)).toEqual({ code: code.toUpperCase(), exponent, isKnown: true });
  });

  test('a currency that nobody knows has the exponent 2 and is flagged', () => {
    expect(currencyUnit('ZZZ')).toEqual({ code: 'ZZZ', exponent: 2, isKnown: false });
  });

  test.each([
    ['10.00', 'USD', 1000n],
    ['10', 'USD', 1000n],
    ['0.1', 'USD', 10n],
    ['-4.50', 'USD', -450n],
    ['0.00', 'USD', 0n],
    ['1.5e3', 'USD', 150_000n],
    ['1.2340', 'KWD', 1234n],
    ['500.00', 'JPY', 500n],
    ['9007199254740.93', 'EUR', 900_719_925_474_093n],
  ])('%s %s is %d minor units', (amount, currency, minor) => {
    expect(toMinorUnits(amount, currency, 'amount')).toBe(minor);
  });

  test.each([
    ['10.005', 'USD', 'amount.value: must have at most 2 decimals in USD'],
    ['0.5', 'jpy', 'amount.value: must have no decimals in JPY'],
    ['0.001', 'USD', 'amount.value: must have at most 2 decimals in USD'],
    ['1e-9', 'USD', 'amount.value: must have at most 2 decimals in USD'],
    ['1e99', 'USD', 'amount.value: must be at most 9999999999999.99'],
    ['9999999999999999', 'JPY', 'amount.value: must be at most 999999999999999'],
    ['1,000.00', 'USD', 'amount.value: must be a decimal number, such as 19.99'],
    ['', 'USD', 'amount.value: must be a decimal number, such as 19.99'],
    ['0x10', 'USD', 'amount.value: must be a decimal number, such as 19.99'],
    ['Infinity', 'USD', 'amount.value: must be a decimal number, such as 19.99'],
  ])('%s %s is refused with the name of its field', (amount, currency, message) => {
    expect(() => toMinorUnits(amount, currency, 'amount.value')).toThrow(message);
  });

  test('an amount is the same after a conversion to a decimal, to a JSON number and back', () => {
    assert(
      property(
        bigInt({ min: -MAX_MINOR_UNITS, max: MAX_MINOR_UNITS }),
        constantFrom('JPY', 'USD', 'KWD', 'CLF'),
        (minor, currency) => {
          const decimal = fromMinorUnits(minor, currency);
          expect(toMinorUnits(decimal, currency, 'amount')).toBe(minor);
          expect(toMinorUnits(String(Number(decimal)), currency, 'amount')).toBe(minor);
        },
      ),
    );
  });

  test('minor units of a provider become those of ISO 4217, or are refused', () => {
    expect(toIsoMinorUnits(50_000n, 2, 'ISK', 'amount')).toBe(500n);
    expect(toIsoMinorUnits(500n, 0, 'MGA', 'amount')).toBe(50_000n);
    expect(() => toIsoMinorUnits(50_001n, 2, 'ISK', 'amount')).toThrow(
      'amount: must have no decimals in ISK',
    );
  });
});
