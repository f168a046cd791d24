import type { Interval } from '../../src/scheduling/availability/interval.ts';
import type { HostAvailability, SlotRequest } from '../../src/scheduling/availability/slots.ts';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

/** What the clock of a zone shows. */
export interface LocalMinute {
  /** `YYYY-MM-DD`. */
  date: string;
  /** Minutes after midnight, as shown. */
  minute: number;
}

const formatters = new Map<string, Intl.DateTimeFormat>();
const shown = new Map<string, LocalMinute>();

/** Read from the formatted clock, minute by minute: no offsets and no rules of zones. */
export function localMinute(timeZone: string, time: number): LocalMinute {
  const key = `${timeZone} ${time}`;
  const known = shown.get(key);
  if (known) return known;
  if (shown.size > 500_000) shown.clear();
  let formatter = formatters.get(timeZone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
    formatters.set(timeZone, formatter);
  }
  const [date, clock] = formatter.format(time).split(' ');
  const [hours, minutes] = clock!.split(':').map(Number);
  const local = { date: date!, minute: hours! * 60 + minutes! };
  shown.set(key, local);
  return local;
}

/** The hours in which the clock of a zone was changed. */
export function offsetChanges(timeZone: string, { start, end }: Interval): number[] {
  const found: number[] = [];
  const clockOf = (time: number) => localMinute(timeZone, time).minute;
  let before = clockOf(start);
  for (let time = start + DAY; time < end; time += DAY) {
    const now = clockOf(time);
    if (now !== before) found.push(time - DAY);
    before = now;
  }
  return found;
}

const weekday = (date: string) => ((new Date(`${date}T00:00Z`).getUTCDay() + 6) % 7) + 1;
const dayNumber = (date: string) => Date.parse(`${date}T00:00Z`) / DAY;
const mondayOf = (date: string) => dayNumber(date) - weekday(date) + 1;

function rangesOn({ hours }: HostAvailability, date: string) {
  return (
    hours.overrides.findLast((item) => item.date === date)?.ranges ??
    hours.rules.filter((rule) => rule.weekday === weekday(date))
  );
}

/** Minute by minute, the starts of a request with the hosts who are free. Its times are full minutes. */
export function expectedStarts(request: SlotRequest): [number, string][] {
  const { rules, hosts, from, to } = request;
  const found: [number, string][] = [];
  for (let time = from; time < to; time += MINUTE) {
    if (!hosts.some((host) => isOnGrid(host, request, time))) continue;
    const free = hosts.filter((host) => isFree(host, request, time)).map(({ userId }) => userId);
    if (free.length >= (rules.host_mode === 'collective' ? hosts.length : 1)) found.push([time, free.join()]);
  }
  return found;
}

function isOnGrid(host: HostAvailability, { rules, durationMin }: SlotRequest, time: number): boolean {
  const { date, minute } = localMinute(host.hours.time_zone, time);
  const step = rules.slot_step_min ?? durationMin;
  return rangesOn(host, date).some(({ start_min, end_min }) => {
    if (minute < start_min || minute >= end_min) return false;
    let first = start_min;
    if (rules.start_align_min !== null) {
      const period = [5, 10, 15, 20, 30, 60].includes(step) ? step : 60;
      while (first % period !== rules.start_align_min % period) first += 1;
    }
    return minute >= first && (minute - first) % step === 0;
  });
}

function isFree(host: HostAvailability, { rules, durationMin, now }: SlotRequest, time: number): boolean {
  const zone = host.hours.time_zone;
  const { date } = localMinute(zone, time);
  if (time < now + rules.min_notice_min * MINUTE) return false;
  if (dayNumber(date) > dayNumber(localMinute(zone, now).date) + rules.max_ahead_days) return false;
  for (let passing = time; passing < time + durationMin * MINUTE; passing += MINUTE) {
    const local = localMinute(zone, passing);
    const works = rangesOn(host, local.date).some(
      ({ start_min, end_min }) => local.minute >= start_min && local.minute < end_min,
    );
    if (!works) return false;
  }
  const from = time - rules.buffer_before_min * MINUTE;
  const to = time + (durationMin + rules.buffer_after_min) * MINUTE;
  if (host.blocked.some(({ start, end }) => start < to && end > from)) return false;
  const dates = host.appointmentStarts.map((start) => localMinute(zone, start).date);
  const { max_per_day: perDay, max_per_week: perWeek } = rules;
  if (perDay !== null && dates.filter((item) => item === date).length >= perDay) return false;
  return perWeek === null || dates.filter((item) => mondayOf(item) === mondayOf(date)).length < perWeek;
}
