import { z } from 'zod';
import { requiredText } from '../../base/values/text.ts';
import { date } from '../../base/values/time.ts';
import { timeZone } from '../../base/values/time-zone.ts';
import { ignored } from '../../record/fields/field.ts';
import { recordId } from '../../record/fields/record.ts';
import type { ClockRange, DateOverride, Schedule, WeekdayRule, WorkingHours } from './schedule.ts';

const MAX_RANGES = 20;
const MAX_OVERRIDES = 400;

const clock = z
  .string()
  .regex(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/, 'must be a time from 00:00 to 24:00, as in 09:30')
  .meta({ examples: ['09:00'] });

const range = { start: clock, end: clock };

const rule = z
  .strictObject({
    weekday: z.int().min(1).max(7).meta({ description: '1 is Monday, 7 is Sunday.' }),
    ...range,
  })
  .superRefine(checkOrder);

const override = z.strictObject({
  date,
  ranges: z
    .array(z.strictObject(range).superRefine(checkOrder))
    .max(MAX_RANGES, `must hold at most ${MAX_RANGES} ranges`)
    .superRefine(checkOverlaps)
    .meta({ description: 'Working hours of the date; empty: none.' }),
});

const own = {
  name: requiredText(100),
  time_zone: timeZone.meta({
    description: 'A name of the IANA time zone database.',
    examples: ['Europe/Berlin'],
  }),
  is_default: z.boolean().meta({ description: 'Whether booking pages use it that name no other schedule.' }),
  rules: z
    .array(rule)
    .max(7 * MAX_RANGES, `must hold at most ${7 * MAX_RANGES} rules`)
    .superRefine((list, context) => {
      for (const weekday of new Set(list.map((item) => item.weekday)))
        checkOverlaps(
          list.filter((item) => item.weekday === weekday),
          context,
        );
    })
    .meta({ description: 'Working hours by weekday, in the time zone of the schedule.' }),
  overrides: z
    .array(override)
    .max(MAX_OVERRIDES, `must hold at most ${MAX_OVERRIDES} dates`)
    .superRefine((list, context) => {
      list.forEach((item, at) => {
        if (list.findIndex((other) => other.date === item.date) < at)
          context.addIssue({
            code: 'custom',
            path: [at, 'date'],
            message: 'is the date of another override',
          });
      });
    })
    .meta({ description: 'Dates with other working hours than their weekday.' }),
};

const readOnly = {
  id: ignored,
  version: ignored,
  user_name: ignored,
  created_by: ignored,
  created_at: ignored,
  updated_at: ignored,
};

export const scheduleCreateBody = z.strictObject({
  ...readOnly,
  user_id: recordId
    .optional()
    .meta({ description: 'The member; default: the member who calls, or who made the key.' }),
  name: own.name.default('Working hours'),
  time_zone: own.time_zone.optional().meta({ description: 'Default: the time zone of the workspace.' }),
  is_default: own.is_default.optional().meta({ description: "Default: whether it is the member's first." }),
  rules: own.rules,
  overrides: own.overrides.default([]),
});

export const scheduleUpdateBody = z.strictObject({ ...readOnly, user_id: ignored, ...own }).partial();

export type ScheduleInput = Partial<z.output<typeof scheduleUpdateBody>>;

const rangeShape = z.object({ start: z.string(), end: z.string() });

export const workingHoursShape = {
  time_zone: z.string(),
  rules: z.array(z.object({ weekday: z.int(), start: z.string(), end: z.string() })),
  overrides: z.array(z.object({ date: z.iso.date(), ranges: z.array(rangeShape) })),
};

export const scheduleShape = z
  .object({
    id: z.uuid(),
    version: z.int(),
    user_id: z.uuid(),
    name: z.string(),
    is_default: z.boolean(),
    ...workingHoursShape,
    created_by: z.string(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Schedule' });

/** The settings of a schedule as they are stored. */
export function storedSchedule({
  name,
  time_zone,
  is_default,
  rules,
  overrides,
}: ScheduleInput): Partial<Omit<Schedule, 'id' | 'user_id'>> {
  return {
    ...(name !== undefined && { name }),
    ...(time_zone !== undefined && { time_zone }),
    ...(is_default !== undefined && { is_default }),
    ...(rules && {
      rules: rules.map((item): WeekdayRule => ({ weekday: item.weekday, ...storedRange(item) })),
    }),
    ...(overrides && {
      overrides: overrides.map((item): DateOverride => ({
        date: item.date,
        ranges: item.ranges.map(storedRange),
      })),
    }),
  };
}

/** A schedule as the API returns it. */
export function shownSchedule({ id, version, user_id, name, is_default, ...rest }: Schedule) {
  const { created_by, created_at, updated_at } = rest;
  return {
    id,
    version,
    user_id,
    name,
    is_default,
    ...shownHours(rest),
    created_by,
    created_at,
    updated_at,
  };
}

export function shownHours({ time_zone, rules, overrides }: WorkingHours) {
  return {
    time_zone,
    rules: rules.map((item) => ({ weekday: item.weekday, ...shownRange(item) })),
    overrides: overrides.map((item) => ({ date: item.date, ranges: item.ranges.map(shownRange) })),
  };
}

function storedRange({ start, end }: { start: string; end: string }): ClockRange {
  return { start_min: minutesOf(start), end_min: minutesOf(end) };
}

function shownRange({ start_min, end_min }: ClockRange): { start: string; end: string } {
  return { start: clockText(start_min), end: clockText(end_min) };
}

function minutesOf(text: string): number {
  const [hours, minutes] = text.split(':').map(Number);
  return hours! * 60 + minutes!;
}

function clockText(minutes: number): string {
  const pad = (part: number) => String(part).padStart(2, '0');
  return `${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}

interface TextRange {
  start: string;
  end: string;
}

function checkOrder({ start, end }: TextRange, context: z.core.$RefinementCtx): void {
  if (start < end) return;
  const message = 'must be after start; hours after midnight are a range of the next day';
  context.addIssue({ code: 'custom', path: ['end'], message, input: end });
}

function checkOverlaps(list: readonly TextRange[], context: z.core.$RefinementCtx): void {
  const sorted = list.toSorted((a, b) => (a.start < b.start ? -1 : 1));
  if (sorted.some((item, at) => at > 0 && item.start < sorted[at - 1]!.end))
    context.addIssue({ code: 'custom', message: 'must not hold ranges that overlap', input: list });
}
