import { percentText, roundedText } from '../../../ui/format.ts';

const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;

/** A percentage, as in `12.5%`; a dash for null. */
export function rateText(rate: number | null): string {
  return rate === null ? '—' : percentText(rate);
}

/** A duration in its largest unit, as in `2.5 h`; a dash for null. */
export function durationText(seconds: number | null): string {
  if (seconds === null) return '—';
  if (seconds < MINUTE_S) return `${roundedText(seconds)} s`;
  if (seconds < HOUR_S) return `${roundedText(seconds / MINUTE_S)} min`;
  if (seconds < 2 * DAY_S) return `${roundedText(seconds / HOUR_S)} h`;
  return `${roundedText(seconds / DAY_S)} days`;
}
