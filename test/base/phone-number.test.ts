import { describe, expect, test } from 'vitest';
import { isCountry } from '../../src/base/country.ts';
import { COUNTRIES } from '../../web/settings/workspace-options.ts';
import { phoneForms } from '../../src/base/phone-number.ts';
import { phoneDigits } from '../../src/base/fold.ts';

/** Whether a stored number is one of the forms, as record-filter.ts compares it. */
async function isSame(wanted: string, stored: string, country: string | null) {
  const { all, international } = await phoneForms(wanted, country);
  const digits = phoneDigits(stored);
  return all.includes(digits) && (!stored.startsWith('+') || international.includes(digits));
}

const SAME: [country: string | null, ...numbers: string[]][] = [
  [
    'DE',
    '+49 171 1234567',
    '0171 1234567',
    '0171/12 34 567',
    '0049 171 1234567',
    '+49 (0)171 1234567',
    '٠١٧١ ١٢٣٤٥٦٧',
  ],
  ['GB', '+44 20 7946 0958', '020 7946 0958', '+44 (0)20 7946 0958', 'tel:+44-20-7946-0958'],
  ['US', '+1 212 555 1234', '(212) 555-1234', '1-212-555-1234', '011 1 212 555 1234'],
  ['IT', '+39 06 698 12345', '06 698 12345'],
  ['RU', '+7 912 345-67-89', '8 912 345-67-89'],
  ['TW', '+886 912 345 678', '0912 345 678'],
  ['FK', '+500 12345', '12345'],
  [null, '+49 171 1234567', '+49-171-1234567', '0049 171 1234567'],
  [null, '(020) 7946', '0207946'],
];

describe('numbers are the same, however they are written', () => {
  test.each(SAME)('in %s: %s', async (country, ...numbers) => {
    const pairs = numbers.flatMap((wanted) => numbers.map((stored) => [wanted, stored] as const));
    const different = [];
    for (const [wanted, stored] of pairs)
      if (!(await isSame(wanted, stored, country))) different.push([wanted, stored]);
    expect(different).toEqual([]);
  });
});

test.each([
  ['DE', '0171 1234567', '+1 711 234 567'],
  ['DE', '+49 171 1234567', '0171 1234568'],
  ['US', '+49 171 1234567', '0171 1234567'],
  [null, '+49 171 1234567', '0171 1234567'],
  ['US', '+1 212 555 1234', '+1 212 555 1234 ext. 12'],
])('in %s, %s is not %s', async (country, wanted, stored) => {
  expect(await isSame(wanted, stored, country)).toBe(false);
});

test('a text that is no number has its digits, or no form', async () => {
  expect(await phoneForms('call me', 'DE')).toEqual({ international: [], all: [] });
  expect(await phoneForms('1'.repeat(100), 'DE')).toEqual({
    international: ['1'.repeat(100)],
    all: ['1'.repeat(100)],
  });
});

test('country codes are those of ISO 3166-1', () => {
  const codes = ['DE', 'GB', 'XK', 'UK', 'SU', 'EU', 'XX', 'de', 'D', ''];
  expect(codes.filter(isCountry)).toEqual(['DE', 'GB', 'XK']);
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('');
  const countries = letters.flatMap((first) => letters.map((second) => first + second)).filter(isCountry);
  // The dashboard offers the same ones.
  expect(COUNTRIES.map(({ value }) => value).toSorted()).toEqual(countries);
});
