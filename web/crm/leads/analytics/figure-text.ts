const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;

const NUMBER = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const PERCENT = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 });

/** A percentage, as in `12.5%`; a dash for null. */
export function rateText(rate: number | null): string {
  return rate === null ? '—' : PERCENT.format(rate);
}

/** A duration in its largest unit, as in `2.5 h`; a dash for null. */
export function durationText(seconds: number | null): string {
  if (seconds === null) return '—';
  if (seconds < MINUTE_S) return `${NUMBER.format(seconds)} s`;
  if (seconds < HOUR_S) return `${NUMBER.format(seconds / MINUTE_S)} min`;
  if (seconds < 2 * DAY_S) return `${NUMBER.format(seconds / HOUR_S)} h`;
  return `${NUMBER.format(seconds / DAY_S)} days`;
}
