import { z } from 'zod';
import { invalid } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { isoTime } from '../../base/clock.ts';
import { date } from '../../base/values/time.ts';
import { timeZone } from '../../base/values/time-zone.ts';
import type { Interval } from './interval.ts';
import type { Slot } from './slots.ts';
import { DAY_MS, dateText, zoneRules } from './zone-rules.ts';

const MAX_DAYS = 62;
/** The furthest that a page can be booked ahead. */
export const MAX_AHEAD_DAYS = 730;
const DAY_MIN = 1440;

/** The query of a list of slots: dates in a time zone, both included. */
export const slotQuery = {
  from: date.optional().meta({ description: 'The first date; default: today.' }),
  to: date.optional().meta({ description: `The last date, at most ${MAX_DAYS} days; default: 31 days.` }),
  time_zone: timeZone
    .optional()
    .meta({ description: 'Of the dates; default: the time zone of the workspace.' }),
  duration: z.coerce
    .number()
    .int()
    .min(1)
    .max(DAY_MIN)
    .optional()
    .meta({ description: 'In minutes; default: the first of the page.' }),
};

export const slotListShape = z
  .object({
    time_zone: z.string(),
    duration: z.int().meta({ description: 'In minutes.' }),
    slots: z
      .record(
        z.string(),
        z.array(z.object({ start: z.iso.datetime(), end: z.iso.datetime(), host_ids: z.array(z.uuid()) })),
      )
      .meta({ description: 'By date in the time zone; dates without slots are left out.' }),
  })
  .meta({ id: 'SlotList' });

/**
 * The range of time of a list of slots. Throws `validation_error` where `to` is before `from` or too far from it.
 * @param now milliseconds since 1970
 */
export function slotRange(
  zone: string,
  { from, to }: { from?: string | undefined; to?: string | undefined },
  now: number,
): Interval {
  const today = zoneRules(zone, { start: now, end: now }).dayAt(now);
  const first = from === undefined ? today : Date.parse(`${from}T00:00Z`);
  const last = to === undefined ? first + 30 * DAY_MS : Date.parse(`${to}T00:00Z`);
  if (last < first) throw invalid('to', 'must not be before from');
  if (last - first >= MAX_DAYS * DAY_MS) throw invalid('to', `must be at most ${MAX_DAYS} days after from`);
  // Only what can have slots: years far away have no rules.
  const earliest = Math.max(first, today);
  const latest = Math.min(last, today + MAX_AHEAD_DAYS * DAY_MS);
  if (latest < earliest) return { start: now, end: now };
  const rules = zoneRules(zone, { start: earliest, end: latest });
  const times: Interval[] = [];
  for (let day = earliest; day <= latest; day += DAY_MS) times.push(...rules.timesOf(day, 0, DAY_MIN));
  // The clock may have skipped a day.
  return { start: times[0]?.start ?? now, end: times.at(-1)?.end ?? now };
}

/** Slots by their date in a zone, as `GET …/slots` answers them. @param withHosts whether it names the free hosts */
export function slotsByDate(
  slots: readonly Slot[],
  zone: string,
  withHosts: boolean,
): Record<string, { start: string; end: string; host_ids?: Uuid[] }[]> {
  const days: Record<string, { start: string; end: string; host_ids?: Uuid[] }[]> = {};
  if (slots.length === 0) return days;
  const rules = zoneRules(zone, { start: slots[0]!.start, end: slots.at(-1)!.end });
  for (const { start, end, hostIds } of slots) {
    const item = { start: isoTime(start), end: isoTime(end), ...(withHosts && { host_ids: hostIds }) };
    (days[dateText(rules.dayAt(start))] ??= []).push(item);
  }
  return days;
}
