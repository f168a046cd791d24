import { firstDayOfWeek, localOf, utcOf } from '../../ui/format.ts';

/** `agenda` is a list by day. */
export type CalendarView = 'day' | 'week' | 'month' | 'agenda';

export const DAY_MINUTES = 1440;
const DAY_MS = 86_400_000;
const AGENDA_DAYS = 30;

/** A day, `YYYY-MM-DD`, some days later. */
export function addDays(day: string, count: number): string {
  return new Date(Date.parse(day) + count * DAY_MS).toISOString().slice(0, 10);
}

/** The days that a view shows; a month has whole weeks. */
export function shownDays(view: CalendarView, day: string): string[] {
  if (view === 'day') return [day];
  if (view === 'agenda') return daysFrom(day, AGENDA_DAYS);
  if (view === 'week') return daysFrom(weekStart(day), 7);
  const first = `${day.slice(0, 7)}-01`;
  const start = weekStart(first);
  const last = addDays(shiftedMonth(first, 1), -1);
  const weeks = Math.ceil((daysBetween(start, last) + 1) / 7);
  return daysFrom(start, weeks * 7);
}

/** The day that the view before (-1) or after (1) is about. */
export function shiftedDay(view: CalendarView, day: string, by: 1 | -1): string {
  if (view === 'month') return shiftedMonth(`${day.slice(0, 7)}-01`, by);
  return addDays(day, by * { day: 1, week: 7, agenda: AGENDA_DAYS }[view]);
}

/** From the start of the first day to the end of the last, ISO 8601. */
export function boundsOf(days: readonly string[]): { from: string; to: string } {
  return { from: utcOf(`${days[0]} 00:00:00`), to: utcOf(`${addDays(days.at(-1)!, 1)} 00:00:00`) };
}

/** The time of a minute of a day, ISO 8601. */
export function timeAt(day: string, minute: number): string {
  const pad = (part: number) => String(part).padStart(2, '0');
  const at = Math.min(Math.max(minute, 0), DAY_MINUTES - 1);
  return utcOf(`${day} ${pad(Math.floor(at / 60))}:${pad(at % 60)}:00`);
}

/** The day and the minute of it that a time (ISO 8601) is at. */
export function placeOf(time: string): { day: string; minute: number } {
  const local = localOf(time);
  return { day: local.slice(0, 10), minute: Number(local.slice(11, 13)) * 60 + Number(local.slice(14, 16)) };
}

/** A part of a day that an item takes, in minutes. */
export interface DayPart<T> {
  item: T;
  from: number;
  to: number;
  /** Items at the same time share the width: the column, from 0, and how many there are. */
  column: number;
  columns: number;
}

/** The shortest height that can be read. */
const MIN_MINUTES = 20;

/** The parts of a day that items take, side by side where they overlap. */
export function partsOf<T>(
  day: string,
  items: readonly T[],
  timesOf: (item: T) => { start: string; end: string },
): DayPart<T>[] {
  const parts = items
    .flatMap((item) => {
      const { start, end } = timesOf(item);
      const [first, last] = [placeOf(start), placeOf(end)];
      if (first.day > day || last.day < day || (last.day === day && last.minute === 0 && first.day !== day))
        return [];
      const from = first.day === day ? first.minute : 0;
      const to = last.day === day ? last.minute : DAY_MINUTES;
      return [
        { item, from, to: Math.max(to, Math.min(from + MIN_MINUTES, DAY_MINUTES)), column: 0, columns: 1 },
      ];
    })
    .sort((a, b) => a.from - b.from || b.to - a.to);
  return groupsOf(parts).flatMap(inColumns);
}

/** Times without those that are taken, which may cut one into two. ISO 8601, in UTC. */
export function withoutTaken<T extends { start: string; end: string }>(
  items: readonly T[],
  taken: readonly { start: string; end: string }[],
): T[] {
  return taken.reduce<T[]>(
    (left, { start, end }) =>
      left.flatMap((item) =>
        item.end <= start || item.start >= end
          ? [item]
          : [
              ...(item.start < start ? [{ ...item, end: start }] : []),
              ...(item.end > end ? [{ ...item, start: end }] : []),
            ],
      ),
    [...items],
  );
}

/** Parts that overlap, directly or through others. */
function groupsOf<T>(parts: readonly DayPart<T>[]): DayPart<T>[][] {
  const groups: DayPart<T>[][] = [];
  let end = 0;
  for (const part of parts) {
    if (part.from < end) groups.at(-1)!.push(part);
    else groups.push([part]);
    end = Math.max(end, part.to);
  }
  return groups;
}

function inColumns<T>(group: readonly DayPart<T>[]): DayPart<T>[] {
  const ends: number[] = [];
  const placed = group.map((part) => {
    const free = ends.findIndex((end) => end <= part.from);
    const column = free === -1 ? ends.length : free;
    ends[column] = part.to;
    return { ...part, column };
  });
  return placed.map((part) => ({ ...part, columns: ends.length }));
}

function daysFrom(day: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => addDays(day, at));
}

function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);
}

function weekStart(day: string): string {
  const weekday = new Date(Date.parse(day)).getUTCDay();
  return addDays(day, -((weekday - firstDayOfWeek() + 7) % 7));
}

/** The first day of a month some months later. */
function shiftedMonth(first: string, by: number): string {
  const date = new Date(Date.parse(first));
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + by, 1)).toISOString().slice(0, 10);
}
