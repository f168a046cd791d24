import { countryCodes, countryName } from '../../src/base/country.ts';

interface Option {
  value: string;
  label: string;
}

const currencyNames = new Intl.DisplayNames('en', { type: 'currency' });

export const CURRENCIES: Option[] = Intl.supportedValuesOf('currency').map((code) => ({
  value: code,
  label: `${code} – ${currencyNames.of(code)}`,
}));

export const TIME_ZONES: Option[] = ['UTC', ...Intl.supportedValuesOf('timeZone')].map((zone) => ({
  value: zone,
  label: zone.replaceAll('_', ' '),
}));

/** By name; the API accepts the same codes. */
export const COUNTRIES: Option[] = countryCodes()
  .map((code) => ({ value: code, label: countryName(code) ?? code }))
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
