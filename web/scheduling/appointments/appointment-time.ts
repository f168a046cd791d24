import type { Appointment } from '../../api/appointment-queries.ts';
import { styledRangeText, styledText, workspaceTimeZone } from '../../ui/format.ts';

type Times = Pick<Appointment, 'starts_at' | 'ends_at'>;

const TIME = { hour: 'numeric', minute: '2-digit' } as const;
const DAY = { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' } as const;

/** Start and end with the date, as in `Mon, 30 Nov 2026, 10:00 – 10:30`. @param zone default: the workspace's */
export function whenText({ starts_at: start, ends_at: end }: Times, zone = workspaceTimeZone()): string {
  return styledRangeText(Date.parse(start), Date.parse(end), { ...DAY, ...TIME, timeZone: zone });
}

/** The times of day, as in `10:00 – 10:30`. */
export function hoursText({ starts_at: start, ends_at: end }: Times): string {
  return styledRangeText(Date.parse(start), Date.parse(end), TIME);
}

/** The day and the time of a start, as in `Mon, 30 Nov, 10:00`. */
export function startText({ starts_at: start }: Pick<Times, 'starts_at'>): string {
  const { year: _year, ...day } = DAY;
  return styledText(Date.parse(start), { ...day, ...TIME });
}

/** The time of day of a start, as in `10:00`. */
export function clockText(start: string): string {
  return styledText(Date.parse(start), TIME);
}

/** Zones other than the workspace's in which the times are read, without those that show the same. */
export function otherZones(record: Times & Pick<Appointment, 'time_zone' | 'guest_time_zone'>) {
  const own = whenText(record);
  return [
    { who: 'Host', zone: record.time_zone },
    { who: 'Guest', zone: record.guest_time_zone },
  ].flatMap(({ who, zone }) => {
    if (zone === null || zone === workspaceTimeZone()) return [];
    const text = whenText(record, zone);
    return text === own ? [] : [{ who, zone: zoneText(zone), text }];
  });
}

/** `America/New_York` as in `America/New York`. */
export function zoneText(zone: string): string {
  return zone.replaceAll('_', ' ');
}

export function minutesOf({ starts_at: start, ends_at: end }: Times): number {
  return Math.round((Date.parse(end) - Date.parse(start)) / 60_000);
}
