import { phoneDigits } from './fold.ts';

/** The digits by which one telephone number may be written. */
export interface PhoneForms {
  /** With the country code, as after a `+`. */
  international: readonly string[];
  /** All of them: also the number as given, without its country code, and as it is dialled. */
  all: readonly string[];
}

/** Prefixes of international calls: of most countries, and of North America. */
const CALL_PREFIXES = ['00', '011'];

/** Loaded with the first number: its tables take tens of milliseconds. */
const library = () => import('libphonenumber-js/min');

/**
 * The forms of a number, so that it equals `+49 171 1234567`, `0171 1234567` and `0049 (0)171-1234567` in Germany. A text
 * that is no number of any country has its own digits as its only form; one without digits has none.
 * @param country ISO 3166-1 alpha-2: the country of numbers without a country code; null: they have no other form
 */
export async function phoneForms(phone: string, country: string | null): Promise<PhoneForms> {
  const digits = phoneDigits(phone);
  if (digits === '') return { international: [], all: [] };
  const { parsePhoneNumberFromString, getCountryCallingCode, isSupportedCountry } = await library();
  const home = country !== null && isSupportedCountry(country) ? country : undefined;
  const sent = phone.trim().replace(/^tel:/i, '');
  const parsed = parsePhoneNumberFromString(home ? sent : sent.replace(/^00/, '+'), {
    extract: false,
    ...(home && { defaultCountry: home }),
  });
  if (!parsed?.isPossible() || parsed.ext !== undefined) return { international: [digits], all: [digits] };

  const { nationalNumber: national, countryCallingCode: code } = parsed;
  // As it is dialled within the country: with a 0 in Germany and Britain, an 8 in Russia, neither in North America.
  const dialled = phoneDigits(parsed.formatNational());
  // Some write `+44 (0)20 …`.
  const international: string[] = [...new Set([code + national, code + dialled])];
  const isHome = home !== undefined && getCountryCallingCode(home) === code;
  const all = [
    digits,
    ...international,
    ...international.flatMap((form) => CALL_PREFIXES.map((prefix) => prefix + form)),
    ...(isHome ? [national, dialled] : []),
  ];
  return { international, all: [...new Set<string>(all)] };
}

/**
 * A number as networks address it, as in `+491711234567`; null for a text that is no possible number of a country.
 * @param country ISO 3166-1 alpha-2: the country of numbers without a country code
 */
export async function internationalNumber(phone: string, country: string | null): Promise<string | null> {
  const { parsePhoneNumberFromString, isSupportedCountry } = await library();
  const home = country !== null && isSupportedCountry(country) ? country : undefined;
  const sent = phone.trim().replace(/^tel:/i, '');
  const parsed = parsePhoneNumberFromString(home ? sent : sent.replace(/^00/, '+'), {
    extract: false,
    ...(home && { defaultCountry: home }),
  });
  return parsed?.isPossible() && parsed.ext === undefined ? parsed.number : null;
}
