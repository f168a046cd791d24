import type { ClockRange, WorkingHours } from '../../api/availability-queries.ts';

/** By weekday, 1 for Monday to 7 for Sunday. */
export type WeekRanges = Readonly<Record<number, ClockRange[]>>;

export const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7] as const;
export const USUAL: ClockRange = { start: '09:00', end: '17:00' };

/** The name of a weekday's first date in a week that begins on a Monday, `YYYY-MM-DD`. */
export function dateOfWeekday(weekday: number): string {
  return `2024-01-0${weekday}`;
}

/** Weekdays in the order of the workspace. @param first 0 for Sunday to 6 for Saturday */
export function weekdaysFrom(first: number): number[] {
  return WEEKDAYS.map((_weekday, at) => ((first + 6 + at) % 7) + 1);
}

export function rangesByWeekday(rules: WorkingHours['rules']): WeekRanges {
  return Object.fromEntries(
    WEEKDAYS.map((weekday) => [
      weekday,
      rules
        .filter((rule) => rule.weekday === weekday)
        .map(({ start, end }) => ({ start, end }))
        .sort((a, b) => (a.start < b.start ? -1 : 1)),
    ]),
  );
}

export function rulesOf(week: WeekRanges): WorkingHours['rules'] {
  return WEEKDAYS.flatMap((weekday) => (week[weekday] ?? []).map((range) => ({ weekday, ...range })));
}

/** A further range, an hour after the last one. */
export function nextRange(ranges: readonly ClockRange[]): ClockRange {
  const last = ranges.at(-1);
  if (!last) return USUAL;
  const start = Math.min(hourOf(last.end) + 1, 22);
  return { start: `${pad(start)}:00`, end: `${pad(Math.min(start + 2, 23))}:00` };
}

/** The end of a day is midnight for an input. */
export function inputTime(clock: string): string {
  return clock === '24:00' ? '00:00' : clock;
}

/** The reverse. */
export function endTime(typed: string): string {
  return typed === '00:00' ? '24:00' : typed;
}

function hourOf(clock: string): number {
  return Number(clock.slice(0, 2));
}

function pad(hour: number): string {
  return String(hour).padStart(2, '0');
}
