import type { Money } from './provider-fact.ts';

/** An amount as JSON: minor units as digits, since they are a bigint in the program. */
export interface StoredMoney {
  minor: string;
  currency: string;
}

export function storedMoney({ minor, currency }: Money): StoredMoney {
  return { minor: minor.toString(), currency };
}

/** Of several amounts, the largest one. */
export function largest(amounts: readonly bigint[]): bigint {
  return amounts.reduce((max, amount) => (amount > max ? amount : max), 0n);
}

export function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
