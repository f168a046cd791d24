import type { Deal } from '../../api/deal-queries.ts';

/** A deal's value in its currency, as in `€5,000`; null without a value. */
export function money({ value, currency }: Pick<Deal, 'value' | 'currency'>): string | null {
  if (value === null) return null;
  return new Intl.NumberFormat(undefined, {
    style: 'currency',
    currency,
    trailingZeroDisplay: 'stripIfInteger',
    maximumFractionDigits: 4,
  }).format(value);
}
