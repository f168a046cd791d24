const REGIONS = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
/** Regions of Unicode that are not countries. */
const NOT_COUNTRIES = new Set(['EU', 'EZ', 'QO', 'UN', 'XA', 'XB', 'ZZ']);

/** The English name of a country of ISO 3166-1 alpha-2, in capitals; undefined for `UK` and other former codes. */
export function countryName(code: string): string | undefined {
  if (!/^[A-Z]{2}$/.test(code) || NOT_COUNTRIES.has(code)) return undefined;
  return Intl.getCanonicalLocales(`und-${code}`)[0] === `und-${code}` ? REGIONS.of(code) : undefined;
}

/** Whether a text is the code of a country, in capitals. */
export function isCountry(code: string): boolean {
  return countryName(code) !== undefined;
}
