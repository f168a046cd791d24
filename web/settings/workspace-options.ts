interface Option {
  value: string;
  label: string;
}

const currencyNames = new Intl.DisplayNames('en', { type: 'currency' });
const countryNames = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });

export const CURRENCIES: Option[] = Intl.supportedValuesOf('currency').map((code) => ({
  value: code,
  label: `${code} – ${currencyNames.of(code)}`,
}));

export const TIME_ZONES: Option[] = ['UTC', ...Intl.supportedValuesOf('timeZone')].map((zone) => ({
  value: zone,
  label: zone.replaceAll('_', ' '),
}));

/** Regions of Unicode that are not countries. */
const NOT_COUNTRIES = new Set(['EU', 'EZ', 'QO', 'UN', 'XA', 'XB', 'ZZ']);
const LETTERS = Array.from({ length: 26 }, (_, at) => String.fromCharCode(65 + at));

/** By name; the API accepts the same codes. */
export const COUNTRIES: Option[] = LETTERS.flatMap((first) => LETTERS.map((second) => first + second))
  .flatMap((code) => {
    const name = countryNames.of(code);
    const isCountry =
      !NOT_COUNTRIES.has(code) && Intl.getCanonicalLocales(`und-${code}`)[0] === `und-${code}`;
    return name !== undefined && isCountry ? [{ value: code, label: name }] : [];
  })
  .sort((a, b) => a.label.localeCompare(b.label));

const COMMON_LOCALES =
  'en-US en-GB en-AU en-CA en-IE en-IN en-NZ en-ZA cs-CZ da-DK de-AT de-CH de-DE el-GR es-ES es-MX fi-FI fr-BE fr-CA fr-CH fr-FR he-IL hu-HU id-ID it-IT ja-JP ko-KR nb-NO nl-BE nl-NL pl-PL pt-BR pt-PT ro-RO ru-RU sv-SE th-TH tr-TR uk-UA vi-VN zh-CN zh-TW'.split(
    ' ',
  );

export const LOCALES: Option[] = COMMON_LOCALES.map((locale) => ({
  value: locale,
  label: localeText(locale),
}));

/** As in `German (Germany): 1.234,50 · 31.12.2026`. */
function localeText(locale: string): string {
  const name = new Intl.DisplayNames('en', { type: 'language' }).of(locale);
  const number = new Intl.NumberFormat(locale, { minimumFractionDigits: 2 }).format(1234.5);
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'short', timeZone: 'UTC' }).format(
    Date.UTC(2026, 11, 31),
  );
  return `${name}: ${number} · ${date}`;
}

/** The options with the current value, which the API may know and the browser not. */
export function withOption(options: readonly Option[], value: string): Option[] {
  if (options.some((option) => option.value === value)) return [...options];
  return [{ value, label: value }, ...options];
}
