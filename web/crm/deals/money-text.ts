/** A sum in its currency without fractions, as in `€5,000`. @param isCompact shortens it, as in `€5.2M` */
export function sumText(amount: number, currency: string, isCompact = false): string {
  return new Intl.NumberFormat(undefined, {
    style: 'currency',
    currency,
    maximumFractionDigits: isCompact ? 1 : 0,
    ...(isCompact && { notation: 'compact' }),
  }).format(amount);
}
