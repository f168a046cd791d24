import { z } from 'zod';

/** The maximum offset from UTC that PostgreSQL accepts. */
const MAX_OFFSET_MINUTES = 15 * 60 + 59;

/** A day, `YYYY-MM-DD`, from year 1: PostgreSQL has no year 0. */
export const date = z.iso
  .date({ abort: true })
  .refine((value) => !value.startsWith('0000'), 'must be a date from year 1 on');

/** A time with its UTC offset, in the years 1 to 9999 in UTC, as PostgreSQL accepts it. */
export const instant = z.iso
  .datetime({ offset: true, abort: true })
  .refine(isInstant, 'must be a time in the years 1 to 9999');

/** A time, or a day that means its start in UTC. In a query, `+` may have become a space. */
export const instantOrDate = z.preprocess(
  (value) => (typeof value === 'string' ? value.replace(/ (?=\d{2}:\d{2}$)/, '+') : value),
  z.union([instant, date], { error: 'must be a date, or a time with its offset, in the years 1 to 9999' }),
);

/** PostgreSQL stores six digits of a second and rejects longer texts. */
const MAX_LENGTH = '0000-00-00T00:00:00.000000000+00:00'.length;

function isInstant(value: string): boolean {
  if (value.length > MAX_LENGTH) return false;
  const [, hours, minutes] = /[+-](\d{2}):(\d{2})$/.exec(value) ?? [];
  if (hours && Number(hours) * 60 + Number(minutes) > MAX_OFFSET_MINUTES) return false;
  const year = new Date(value).getUTCFullYear();
  return year >= 1 && year <= 9999 && !value.startsWith('0000');
}
