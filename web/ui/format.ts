/** How a workspace writes numbers, amounts and times. */
export interface Region {
  /** BCP 47, as in `de-DE`. */
  locale: string;
  /** IANA, as in `Europe/Berlin`. */
  time_zone: string;
  /** ISO 4217: the currency of amounts without one. */
  currency: string;
}

/** The most decimals that the API keeps of an amount. */
const MAX_DECIMALS = 4;

let current = formatsOf({
  ...browserRegion(),
  currency: 'USD',
});

/** How the browser writes them: for a workspace that has chosen nothing yet. */
export function browserRegion(): Pick<Region, 'locale' | 'time_zone'> {
  const { locale, timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return { locale, time_zone: timeZone };
}

/** Sets the formats of the workspace that is shown. */
export function setRegion({ locale, time_zone, currency }: Region): void {
  const { region } = current;
  if (region.locale === locale && region.time_zone === time_zone && region.currency === currency) return;
  current = formatsOf({ locale, time_zone, currency });
}

function formatsOf(region: Region) {
  const { locale, time_zone: timeZone } = region;
  // Dates of the Gregorian calendar in Western digits are what the API takes.
  const plain = new Intl.Locale(locale, { calendar: 'gregory', numberingSystem: 'latn' });
  const parts = new Intl.NumberFormat(locale).formatToParts(-1_234_567.8);
  const partOf = (type: string) => parts.find((part) => part.type === type)?.value ?? '';
  const ofDay = new Intl.DateTimeFormat(plain, {
    day: '2-digit',
    month: '2-digit',
    year: 'numeric',
    timeZone: 'UTC',
  });
  return {
    region,
    group: partOf('group'),
    // Indian numbers have groups of two digits before the last one.
    groupLength: parts.filter(({ type }) => type === 'integer').at(-2)?.value.length ?? 3,
    decimal: partOf('decimal'),
    digits: Array.from(new Intl.NumberFormat(locale, { useGrouping: false }).format(9_876_543_210)).reverse(),
    number: new Intl.NumberFormat(locale),
    fraction: new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }),
    percent: new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }),
    date: new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone }),
    day: new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' }),
    full: new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'long', timeZone }),
    time: new Intl.DateTimeFormat(locale, { timeStyle: 'medium', timeZone }),
    zoned: zonedFormat(timeZone),
    numbers: new Map<string, Intl.NumberFormat>(),
    dayParts: ofDay.formatToParts(Date.UTC(2006, 10, 22)),
  };
}

/** A format is made once: it takes longer to make than to use, and a board shows hundreds of amounts. */
function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = JSON.stringify(options);
  const format = current.numbers.get(key) ?? new Intl.NumberFormat(current.region.locale, options);
  current.numbers.set(key, format);
  return format;
}

/** As in `1,234.5`. */
export function numberText(value: number): string {
  return current.number.format(value);
}

/** With at most one decimal. */
export function roundedText(value: number): string {
  return current.fraction.format(value);
}

/** `0.125` as in `12.5%`. */
export function percentText(ratio: number): string {
  return current.percent.format(ratio);
}

/** An amount in its currency, as in `€5,000`; a plain number without one. */
export function amountText(amount: number, currency: unknown): string {
  return numberFormat({
    ...(typeof currency === 'string' && { style: 'currency', currency }),
    trailingZeroDisplay: 'stripIfInteger',
    maximumFractionDigits: MAX_DECIMALS,
  }).format(amount);
}

/** A sum in its currency without fractions, as in `€5,000`. @param isCompact shortens it, as in `€5.2M` */
export function sumText(amount: number, currency: string, isCompact = false): string {
  return numberFormat({
    style: 'currency',
    currency,
    maximumFractionDigits: isCompact ? 1 : 0,
    ...(isCompact && { notation: 'compact' }),
  }).format(amount);
}

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** `1234567` as in `1.2 MB`. */
export function sizeText(bytes: number): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  const unit = UNITS[power];
  return new Intl.NumberFormat(current.region.locale, {
    style: 'unit',
    unit,
    unitDisplay: unit === 'byte' ? 'long' : 'short',
    maximumSignificantDigits: 2,
  }).format(bytes / 1000 ** power);
}

/** The date of a time in ms. */
export function dateText(time: number): string {
  return current.date.format(time);
}

export function dateRangeText(from: number, to: number): string {
  return current.date.formatRange(from, to);
}

/** The date and the time with the time zone. */
export function fullText(time: number): string {
  return current.full.format(time);
}

/** The time of day with seconds. */
export function timeText(time: number): string {
  return current.time.format(time);
}

/** How a time is shown: fields of the options of `Intl.DateTimeFormat`. */
export type TimeStyle = Pick<
  Intl.DateTimeFormatOptions,
  'dateStyle' | 'timeStyle' | 'weekday' | 'day' | 'month' | 'year' | 'hour' | 'minute' | 'timeZone'
>;

/** A time in ms in a style, in the workspace's time zone unless the style names another. */
export function styledText(time: number, style: TimeStyle): string {
  return formatIn(style).format(time);
}

/** The time from one to another, in ms, as in `10:00 – 10:30`. */
export function styledRangeText(from: number, to: number, style: TimeStyle): string {
  return formatIn(style).formatRange(from, to);
}

function formatIn(style: TimeStyle): Intl.DateTimeFormat {
  const { locale, time_zone: timeZone } = current.region;
  return new Intl.DateTimeFormat(locale, { timeZone, ...style });
}

/** The workspace's time zone, as in `Europe/Berlin`. */
export function workspaceTimeZone(): string {
  return current.region.time_zone;
}

/** A calendar date, `YYYY-MM-DD`, whatever the time zone. */
export function dayText(day: string): string {
  return current.day.format(Date.parse(day));
}

// The texts around relative times are English.
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });

/** As in `5 min. ago`. */
export function relativeText(count: number, unit: 'minute' | 'hour' | 'day'): string {
  return RELATIVE.format(count, unit);
}

/** The codes of currencies; the API accepts the same. */
export const CURRENCIES: readonly string[] = Intl.supportedValuesOf('currency');

/** Decimals of a currency: none of JPY, three of KWD. */
export function decimalsOf(currency: string | null): number {
  const code = currency || current.region.currency;
  try {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency: code });
    return format.resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2;
  }
}

/**
 * A number for an input, with all its decimals.
 * @param decimals the least, unless it is an integer: two in `1.234,50`
 */
export function decimalText(value: number, decimals = 0): string {
  return new Intl.NumberFormat(current.region.locale, {
    minimumFractionDigits: Number.isInteger(value) ? 0 : decimals,
    maximumFractionDigits: 17,
  }).format(value);
}

/**
 * The number that a person typed: in Germany `1.234,50` is 1234.5. A point or comma that cannot separate thousands
 * separates decimals, as in `12.50`. Undefined for anything that is not one number.
 */
export function parseDecimal(typed: string): number | undefined {
  const { digits, group } = current;
  const text = Array.from(typed, (character) =>
    digits.includes(character) ? String(digits.indexOf(character)) : character,
  )
    .join('')
    .replaceAll(/[\s\u00a0\u202f'’\p{Sc}]/gu, '')
    .replace(/^[−‐–]/u, '-');
  if (!/^-?\d[\d.,٫٬]*$|^-?[.,٫]\d+$/.test(text)) return undefined;
  const exact = withoutGroups(text, /[.,٬]/.test(group) ? group : '');
  const plain = exact ?? onlySeparatorAsDecimal(text);
  return plain === undefined ? undefined : Number(plain);
}

/** `1.234,50` to `1234.50`; undefined if a group does not have its digits. */
function withoutGroups(text: string, group: string): string | undefined {
  const [whole = '', fraction = '', ...more] = text.split(current.decimal);
  if (more.length > 0 || !/^\d*$/.test(fraction)) return undefined;
  const sign = whole.startsWith('-') ? '-' : '';
  const [first = '', ...groups] =
    group === '' ? [whole.slice(sign.length)] : whole.slice(sign.length).split(group);
  const lengths = groups.map((part) => (/^\d+$/.test(part) ? part.length : 0));
  const isGrouped =
    groups.length === 0 ||
    (first !== '' &&
      first.length <= current.groupLength &&
      lengths.pop() === 3 &&
      lengths.every((length) => length === current.groupLength));
  if (!isGrouped || !/^\d*$/.test(first)) return undefined;
  return `${sign}${first || '0'}${groups.join('')}.${fraction || '0'}`;
}

function onlySeparatorAsDecimal(text: string): string | undefined {
  return /^-?\d*[.,٫]\d+$/.test(text) ? text.replace(/[.,٫]/, '.') : undefined;
}

const TOKENS: Readonly<Record<string, string>> = { day: 'DD', month: 'MM', year: 'YYYY' };

/** The pattern of a date in an input, as in `DD.MM.YYYY`. */
export function dayPattern(): string {
  return current.dayParts
    .map(({ type, value }) => TOKENS[type] ?? value.replaceAll(/[\u200e\u200f]/g, ''))
    .join('');
}

/** The same with a time of 24 hours. */
export function momentPattern(): string {
  return `${dayPattern()} HH:mm`;
}

/** The day, `YYYY-MM-DD`, that a person typed, in the order of the locale or as in ISO 8601. Null for anything else. */
export function parseDay(typed: string): string | null {
  const parts = typed.split(/\D+/).filter(Boolean);
  if (parts.length !== 3) return null;
  const order: string[] = current.dayParts.map(({ type }) => type).filter((type) => type in TOKENS);
  const isIso = parts[0]?.length === 4;
  const valueOf = (type: string) =>
    Number(parts[isIso ? ['year', 'month', 'day'].indexOf(type) : order.indexOf(type)]);
  // Two digits are a year of this century; the year 50 is 0050.
  const isShort = valueOf('year') < 100 && !parts.some((part) => part.length === 4);
  const at = new Date(0);
  at.setUTCFullYear(isShort ? 2000 + valueOf('year') : valueOf('year'), valueOf('month') - 1, valueOf('day'));
  const day = Number.isNaN(at.getTime()) ? '' : at.toISOString().slice(0, 10);
  // The 31st of February is no day.
  return day.endsWith(
    `-${String(valueOf('month')).padStart(2, '0')}-${String(valueOf('day')).padStart(2, '0')}`,
  )
    ? day
    : null;
}

/** Today in the workspace's time zone, `YYYY-MM-DD`. */
export function today(): string {
  return zonedText(Date.now()).slice(0, 10);
}

/** A time, ISO 8601 in UTC, as the clocks of the workspace show it: `2026-06-01 14:00:00`. */
export function localOf(utc: string): string {
  return zonedText(Date.parse(utc));
}

/** The reverse of `localOf`. Of a time that a change of the clocks skips, the time an hour later. */
export function utcOf(local: string): string {
  const wall = Date.parse(`${local.replace(' ', 'T')}Z`);
  const offsetAt = (time: number) => Date.parse(`${zonedText(time).replace(' ', 'T')}Z`) - time;
  const first = wall - offsetAt(wall);
  const second = wall - offsetAt(first);
  return new Date(offsetAt(second) === wall - second ? second : Math.max(first, second)).toISOString();
}

function zonedFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
}

function zonedText(time: number): string {
  const parts = Object.fromEntries(current.zoned.formatToParts(time).map(({ type, value }) => [type, value]));
  return `${parts['year']?.padStart(4, '0')}-${parts['month']}-${parts['day']} ${parts['hour']}:${parts['minute']}:${parts['second']}`;
}

/** Separators for an input of whole numbers. */
export function separators(): { thousandSeparator: string; decimalSeparator: string } {
  return { thousandSeparator: current.group, decimalSeparator: current.decimal };
}

/** 0 for Sunday to 6 for Saturday. */
export function firstDayOfWeek(): 0 | 1 | 2 | 3 | 4 | 5 | 6 {
  const locale = new Intl.Locale(current.region.locale) as Intl.Locale & WeekInfo;
  const { firstDay = 1 } = locale.getWeekInfo?.() ?? locale.weekInfo ?? {};
  return (firstDay % 7) as 0 | 1 | 2 | 3 | 4 | 5 | 6;
}

interface WeekInfo {
  getWeekInfo?(): { firstDay: number };
  weekInfo?: { firstDay: number };
}
