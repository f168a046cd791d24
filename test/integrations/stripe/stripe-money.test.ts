import { expect, test } from 'vitest';
import { fromMinorUnits } from '../../../src/base/values/minor-units.ts';
import { stripeMoney } from '../../../src/integrations/stripe/stripe-money.ts';

test.each([
  [1999, 'eur', '19.99'],
  [500, 'jpy', '500'],
  [500, 'mga', '500.00'],
  [50_000, 'isk', '500'],
  [50_000, 'ugx', '500'],
  [1230, 'kwd', '1.230'],
  [100_000, 'huf', '1000.00'],
  [100_000, 'twd', '1000.00'],
  [700, 'xyz', '7.00'],
])('PM3: Stripe amount %d %s is %s', (amount, currency, units) => {
  const money = stripeMoney(amount, currency);
  expect(fromMinorUnits(money.minor, money.currency)).toBe(units);
});

test('a part of a minor unit that does not exist is refused', () => {
  expect(() => stripeMoney(50_050, 'isk')).toThrow('ISK');
});
