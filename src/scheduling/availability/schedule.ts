import type { Uuid } from '../../base/id.ts';

/** A range of the local clock, in minutes after midnight; 1440 is the next midnight. */
export interface ClockRange {
  start_min: number;
  end_min: number;
}

/** Working hours of one weekday; 1 is Monday. */
export interface WeekdayRule extends ClockRange {
  weekday: number;
}

/** Working hours of one date, in place of the weekday's; no ranges: closed. */
export interface DateOverride {
  /** `YYYY-MM-DD`. */
  date: string;
  ranges: ClockRange[];
}

/** When a host works. */
export interface WorkingHours {
  /** IANA, as in `Europe/Berlin`. */
  time_zone: string;
  rules: WeekdayRule[];
  overrides: DateOverride[];
}

/** A schedule of a member, as it is stored. */
export interface Schedule extends WorkingHours {
  id: Uuid;
  version: number;
  user_id: Uuid;
  name: string;
  /** The schedule of booking pages that name no other. */
  is_default: boolean;
  created_by: string;
  created_at: string;
  updated_at: string;
}

/** Working hours of members without a schedule: Monday to Friday, 9 to 17. @param timeZone the workspace's */
export function defaultHours(timeZone: string): WorkingHours {
  const rules = [1, 2, 3, 4, 5].map((weekday) => ({ weekday, start_min: 9 * 60, end_min: 17 * 60 }));
  return { time_zone: timeZone, rules, overrides: [] };
}
