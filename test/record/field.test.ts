import { describe, expect, test } from 'vitest';
import { currency } from '../../src/record/fields/currency.ts';
import { datetime } from '../../src/record/fields/datetime.ts';
import { number } from '../../src/record/fields/number.ts';
import { url } from '../../src/record/fields/url.ts';

/** Values that PostgreSQL would refuse for the column have to be refused before. */
describe('the filter of a kind takes what its column can hold, and nothing else', () => {
  const kinds = {
    number: number({ label: 'Seats', min: -5, max: 100, filter: true }),
    currency: currency({ label: 'Value', filter: true }),
    datetime: datetime({ label: 'Closed at', filter: true }),
    url: url({ label: 'Website', filter: true }),
  };

  test.each<[keyof typeof kinds, string]>([
    ['number', '0'],
    ['number', '-5'],
    ['number', '100'],
    ['currency', '0'],
    ['currency', '12.5'],
    ['currency', '12.50'],
    ['currency', '999999999999'],
    ['datetime', '2026-06-30T12:00:00Z'],
    ['datetime', '2026-06-30T12:00:00.123+02:00'],
    ['url', `https://x.example/${'y'.repeat(1900)}`],
  ])('%s=%s', (kind, value) => {
    expect(kinds[kind].filter?.schema?.safeParse(value).success).toBe(true);
  });

  test.each<[keyof typeof kinds, string]>([
    ...['', ' ', ' 5', 'x', '5.5', '101', '-6', '1e1', '0x5', 'NaN', 'Infinity', '9007199254740993'].map(
      (value) => ['number', value] as [keyof typeof kinds, string],
    ),
    ...['', 'x', '-1', '0.00001', '1e400', '1000000000000', '1,5', '0.12345678901234567890'].map(
      (value) => ['currency', value] as [keyof typeof kinds, string],
    ),
    ...['', 'x', '2026-06-30', '2026-02-30T00:00:00Z', '2026-06-30T12:00:00', '+275760-09-13T00:00:00Z'].map(
      (value) => ['datetime', value] as [keyof typeof kinds, string],
    ),
    ['url', 'x'.repeat(2001)],
  ])('not %s=%s', (kind, value) => {
    expect(kinds[kind].filter?.schema?.safeParse(value).success).toBe(false);
  });
});
