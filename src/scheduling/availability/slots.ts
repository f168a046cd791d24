import type { Uuid } from '../../base/id.ts';
import { clipIntervals, mergeIntervals, subtractIntervals, type Interval } from './interval.ts';
import type { ClockRange, WorkingHours } from './schedule.ts';
import {
  DAY_MS,
  dateText,
  MINUTE_MS,
  weekdayOf,
  weekOf,
  zoneRules,
  type LocalDay,
  type ZoneRules,
} from './zone-rules.ts';

const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7];
const DAY_MIN = 1440;

/** Which starts a booking page offers. */
export interface SlotRules {
  host_mode: 'one' | 'round_robin' | 'collective';
  /** Minutes between starts; null: the duration. */
  slot_step_min: number | null;
  /** Minutes past the full local hour at which starts begin; null: at the beginning of each working-hours range. */
  start_align_min: number | null;
  buffer_before_min: number;
  buffer_after_min: number;
  /** Minutes between a booking and its start, at least. */
  min_notice_min: number;
  /** Days after today, in the host's time zone. */
  max_ahead_days: number;
  /** Appointments of one host on this page by day and by week from Monday, in the host's time zone; null: any number. */
  max_per_day: number | null;
  max_per_week: number | null;
}

/** A host of a page, with what is known of their time. */
export interface HostAvailability {
  userId: Uuid;
  hours: WorkingHours;
  /**
   * Times at which nothing else can be, in any order: time off, busy times, and appointments with their own buffers.
   * A slot with the buffers of its page overlaps none of them.
   */
  blocked: readonly Interval[];
  /** Starts of the host's appointments on this page, which count toward the limits. */
  appointmentStarts: readonly number[];
}

export interface SlotRequest {
  rules: SlotRules;
  /** In the order of the page. */
  hosts: readonly HostAvailability[];
  durationMin: number;
  /** Starts in `[from, to)`. Times are milliseconds since 1970. */
  from: number;
  to: number;
  now: number;
}

/** A time that can be booked. */
export interface Slot extends Interval {
  /** The hosts who are free, in the order of the page; of a collective page, all of them. */
  hostIds: Uuid[];
}

/**
 * The slots of a page, in order: what it lists and what a booking is checked against. A start is on the grid of at least
 * one host; one host must be free, or all of them on a collective page.
 */
export function availableSlots(request: SlotRequest): Slot[] {
  const { rules, hosts, durationMin, now } = request;
  const from = Math.max(request.from, now + rules.min_notice_min * MINUTE_MS);
  // No zone is further than a day from UTC.
  const to = Math.min(request.to, now + (rules.max_ahead_days + 3) * DAY_MS);
  if (hosts.length === 0 || from >= to) return [];
  const plans = hosts.map((host) => planHost(host, request, { start: from, end: to }));
  const starts = [...new Set(plans.flatMap(({ grid }) => grid))].sort((a, b) => a - b);
  const freeHosts = starts.map((): Uuid[] => []);
  for (const { userId, windows } of plans) {
    let at = 0;
    starts.forEach((start, index) => {
      while (at < windows.length && windows[at]!.end <= start) at += 1;
      if (at < windows.length && windows[at]!.start <= start) freeHosts[index]!.push(userId);
    });
  }
  const needed = rules.host_mode === 'collective' ? hosts.length : 1;
  const lengthMs = durationMin * MINUTE_MS;
  return starts
    .map((start, index) => ({ start, end: start + lengthMs, hostIds: freeHosts[index]! }))
    .filter(({ hostIds }) => hostIds.length >= needed);
}

/** The slot that starts at a time, if it can be booked. */
export function slotAt(request: Omit<SlotRequest, 'from' | 'to'>, start: number): Slot | undefined {
  return availableSlots({ ...request, from: start, to: start + 1 })[0];
}

interface HostPlan {
  userId: Uuid;
  /** Starts at which the host's schedule offers slots, free or not. */
  grid: number[];
  /** When an appointment with the host may start. */
  windows: Interval[];
}

function planHost(host: HostAvailability, request: SlotRequest, bounds: Interval): HostPlan {
  const { rules, durationMin, now } = request;
  const lengthMs = durationMin * MINUTE_MS;
  const horizonMs = rules.max_ahead_days * DAY_MS;
  const zone = zoneRules(host.hours.time_zone, {
    start: Math.min(now, bounds.start),
    end: Math.max(bounds.end, now + horizonMs) + lengthMs,
  });
  const lastDay = zone.dayAt(now) + horizonMs;
  const grid: number[] = [];
  const working: Interval[] = [];
  const rangesOf = rangesByDay(host.hours);
  const untilDay = zone.dayAt(bounds.end + lengthMs);
  for (let day = zone.dayAt(bounds.start) - DAY_MS; day <= untilDay; day += DAY_MS) {
    for (const range of rangesOf(day)) {
      working.push(...zone.timesOf(day, range.start_min, range.end_min));
      grid.push(...gridOf(zone, day, range, rules, durationMin));
    }
  }
  const fitting = mergeIntervals(working)
    .map(({ start, end }) => ({ start, end: end - lengthMs + 1 }))
    .filter(({ start, end }) => start < end);
  const excluded = [...blockedStarts(host.blocked, request, bounds), ...fullDays(host, zone, request)];
  return {
    userId: host.userId,
    grid: grid.filter((start) => start >= bounds.start && start < bounds.end),
    windows: clipIntervals(subtractIntervals(fitting, mergeIntervals(excluded)), {
      start: bounds.start,
      end: Math.min(bounds.end, endOfDay(zone, lastDay)),
    }),
  };
}

/** The working hours of a day: of its date, or else of its weekday. */
function rangesByDay({ rules, overrides }: WorkingHours): (day: LocalDay) => readonly ClockRange[] {
  const byDate = new Map(overrides.map(({ date, ranges }) => [date, ranges]));
  const byWeekday = WEEKDAYS.map((weekday) => rules.filter((rule) => rule.weekday === weekday));
  return (day) => byDate.get(dateText(day)) ?? byWeekday[weekdayOf(day) - 1]!;
}

/** Starts by the local clock, so that a change of the offset does not shift those after it. */
function gridOf(zone: ZoneRules, day: LocalDay, range: ClockRange, rules: SlotRules, durationMin: number) {
  const stepMin = rules.slot_step_min ?? durationMin;
  return zone.gridOf(day, {
    fromMin: range.start_min,
    toMin: range.end_min,
    anchorMin: firstStartMin(range.start_min, rules.start_align_min, stepMin),
    stepMin,
  });
}

/** The first minute of a range that is aligned. */
function firstStartMin(startMin: number, alignMin: number | null, stepMin: number): number {
  if (alignMin === null) return startMin;
  const periodMin = 60 % stepMin === 0 ? stepMin : 60;
  const past = (startMin - alignMin) % periodMin;
  return past === 0 ? startMin : startMin - past + (past > 0 ? periodMin : 0);
}

/** Starts at which an appointment, with the buffers of its page, would overlap a blocked time. */
function blockedStarts(
  blocked: readonly Interval[],
  { rules, durationMin }: SlotRequest,
  bounds: Interval,
): Interval[] {
  const reachMs = (durationMin + rules.buffer_after_min) * MINUTE_MS;
  const beforeMs = rules.buffer_before_min * MINUTE_MS;
  return blocked
    .map(({ start, end }) => ({ start: start - reachMs + 1, end: end + beforeMs }))
    .filter(({ start, end }) => end > bounds.start && start < bounds.end);
}

/** Days and weeks in which the host has as many appointments on this page as the limits allow. */
function fullDays(host: HostAvailability, zone: ZoneRules, { rules }: SlotRequest): Interval[] {
  const days = host.appointmentStarts.map((start) => zone.dayAt(start));
  const inDays = fullPeriods(days, rules.max_per_day);
  const inWeeks = fullPeriods(days.map(weekOf), rules.max_per_week);
  const full = [...inDays, ...inWeeks.flatMap((monday) => WEEKDAYS.map((_day, at) => monday + at * DAY_MS))];
  return full.flatMap((day) => zone.timesOf(day, 0, DAY_MIN));
}

/** The periods that come `max` times or more. */
function fullPeriods(periods: readonly LocalDay[], max: number | null): LocalDay[] {
  if (max === null) return [];
  const counts = new Map<LocalDay, number>();
  for (const period of periods) counts.set(period, (counts.get(period) ?? 0) + 1);
  return [...counts].flatMap(([period, count]) => (count >= max ? [period] : []));
}

function endOfDay(zone: ZoneRules, day: LocalDay): number {
  const last = zone.timesOf(day, 0, DAY_MIN).at(-1);
  // The clock skipped the day.
  return last ? last.end : endOfDay(zone, day - DAY_MS);
}
