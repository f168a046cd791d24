import { currencyUnit, toIsoMinorUnits } from '../../base/values/minor-units.ts';
import type { Money } from '../../payments/provider-fact.ts';
import { integerOf, textOf, type StripeObject } from './stripe-object.ts';

/**
 * The exponents of Stripe's amounts, where they differ from those of ISO 4217: MGA has no decimals; ISK and UGX have two,
 * which are zeros. https://docs.stripe.com/currencies
 */
const EXPONENTS: Readonly<Record<string, number>> = { MGA: 0, ISK: 2, UGX: 2 };

/** An amount of Stripe's, in its own minor units, in those of ISO 4217. Throws `validation_error` for a part of one. */
export function stripeMoney(amount: number, currency: string): Money {
  const { code, exponent } = currencyUnit(currency);
  const own = EXPONENTS[code] ?? exponent;
  return { minor: toIsoMinorUnits(BigInt(amount), own, code, 'amount'), currency: code };
}

/** The amount of a field in the object's `currency`; null if it has none. */
export function moneyOf(object: StripeObject, name: string): Money | null {
  const amount = integerOf(object, name);
  const currency = textOf(object, 'currency');
  return amount === null || currency === null || !/^[a-z]{3}$/i.test(currency)
    ? null
    : stripeMoney(amount, currency);
}
