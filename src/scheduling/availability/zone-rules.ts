import type { Interval } from './interval.ts';

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

/** A range of time in which a zone has one offset from UTC. */
interface OffsetSpan extends Interval {
  /** Local time minus UTC, in milliseconds. */
  offset: number;
}

/** A local day: milliseconds from 1970-01-01 to it, as if the clock were UTC. */
export type LocalDay = number;

const OFFSET = /GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/;

const formatters = new Map<string, Intl.DateTimeFormat>();
/** By zone and UTC year. */
const years = new Map<string, readonly OffsetSpan[]>();
/** All zones over two years are fewer. */
const MAX_CACHED_YEARS = 2_000;

/** The offset of a zone at a time. @param timeZone an IANA name @throws RangeError for an unknown zone */
export function offsetAt(timeZone: string, time: number): number {
  let formatter = formatters.get(timeZone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
    formatters.set(timeZone, formatter);
  }
  const [, sign, hours, minutes, seconds] = OFFSET.exec(formatter.format(time))!;
  if (!sign) return 0;
  const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds ?? 0);
  return (sign === '-' ? -size : size) * 1000;
}

/** The spans of constant offset that cover a range, in order. */
function offsetSpans(timeZone: string, { start, end }: Interval): OffsetSpan[] {
  const spans: OffsetSpan[] = [];
  const last = new Date(end).getUTCFullYear();
  for (let year = new Date(start).getUTCFullYear(); year <= last; year += 1) {
    for (const span of spansOfYear(timeZone, year)) {
      const previous = spans.at(-1);
      if (previous?.offset === span.offset) previous.end = span.end;
      else spans.push({ ...span });
    }
  }
  return spans.filter((span) => span.end > start && span.start < end);
}

function spansOfYear(timeZone: string, year: number): readonly OffsetSpan[] {
  const key = `${timeZone} ${year}`;
  const cached = years.get(key);
  if (cached) return cached;
  if (years.size >= MAX_CACHED_YEARS) years.clear();
  const end = Date.UTC(year + 1, 0, 1);
  const spans: OffsetSpan[] = [];
  let start = Date.UTC(year, 0, 1);
  let offset = offsetAt(timeZone, start);
  // No zone has changed its offset twice within a day.
  for (let day = start + DAY_MS; day <= end; day += DAY_MS) {
    const next = offsetAt(timeZone, day);
    if (next === offset) continue;
    const change = changeBetween(timeZone, { start: day - DAY_MS, end: day });
    spans.push({ start, end: change, offset });
    start = change;
    offset = next;
  }
  if (start < end) spans.push({ start, end, offset });
  years.set(key, spans);
  return spans;
}

/** The first time with the offset of `end`, to the second. */
function changeBetween(timeZone: string, { start, end }: Interval): number {
  const before = offsetAt(timeZone, start);
  let low = start / 1000;
  let high = end / 1000;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(timeZone, middle * 1000) === before) low = middle;
    else high = middle;
  }
  return high * 1000;
}

/** A time zone over a range of time. */
export interface ZoneRules {
  /** The local day of a time. */
  dayAt(time: number): LocalDay;
  /**
   * The times whose local clock shows the day and a minute in `[fromMin, toMin)`. A range that the clock skips is empty,
   * one that it repeats comes twice; 1440 is the next midnight.
   */
  timesOf(day: LocalDay, fromMin: number, toMin: number): Interval[];
  /** The times in `[fromMin, toMin)` of the day at which the local clock shows one of the minutes `anchorMin + n * stepMin`. */
  gridOf(
    day: LocalDay,
    range: { fromMin: number; toMin: number; anchorMin: number; stepMin: number },
  ): number[];
}

/**
 * The rules of a zone for a range of time, by which local times become instants. A local time is mapped by each span of
 * constant offset, so gaps, repeated hours, half-hour shifts and skipped days need no rule of their own.
 */
export function zoneRules(timeZone: string, range: Interval): ZoneRules {
  // Days at its edges, and the rest of their weeks, reach beyond the range.
  const spans = offsetSpans(timeZone, { start: range.start - 8 * DAY_MS, end: range.end + 8 * DAY_MS });
  return {
    dayAt(time) {
      const span = spans.find(({ end }) => time < end) ?? spans.at(-1)!;
      return Math.floor((time + span.offset) / DAY_MS) * DAY_MS;
    },

    timesOf(day, fromMin, toMin) {
      const times: Interval[] = [];
      for (const { start, end, offset } of spans) {
        const from = Math.max(day + fromMin * MINUTE_MS - offset, start);
        const to = Math.min(day + toMin * MINUTE_MS - offset, end);
        if (from >= to) continue;
        const previous = times.at(-1);
        if (previous?.end === from) previous.end = to;
        else times.push({ start: from, end: to });
      }
      return times;
    },

    gridOf(day, { fromMin, toMin, anchorMin, stepMin }) {
      const times: number[] = [];
      for (const { start, end, offset } of spans) {
        const local = day - offset;
        const first = Math.max(fromMin, Math.ceil((start - local) / MINUTE_MS));
        const before = Math.min(toMin, (end - local) / MINUTE_MS);
        let minute = anchorMin + Math.max(0, Math.ceil((first - anchorMin) / stepMin)) * stepMin;
        for (; minute < before; minute += stepMin) times.push(local + minute * MINUTE_MS);
      }
      return times.sort((a, b) => a - b);
    },
  };
}

/** Monday of the week of a local day. */
export function weekOf(day: LocalDay): LocalDay {
  return day - (weekdayOf(day) - 1) * DAY_MS;
}

/** 1 is Monday, 7 is Sunday. */
export function weekdayOf(day: LocalDay): number {
  // 1970-01-01 was a Thursday.
  return ((((day / DAY_MS + 3) % 7) + 7) % 7) + 1;
}

/** A local day as `YYYY-MM-DD`. */
export function dateText(day: LocalDay): string {
  return new Date(day).toISOString().slice(0, 10);
}
