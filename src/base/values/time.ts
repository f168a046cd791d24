import { z } from 'zod';

/** PostgreSQL takes offsets up to this far from UTC. */
const MAX_OFFSET_MINUTES = 15 * 60 + 59;

/** A day, `YYYY-MM-DD`, from year 1 on: PostgreSQL has no year 0. */
export const date = z.iso
  .date({ abort: true })
  .refine((value) => !value.startsWith('0000'), 'must be a date from year 1 on');

/** An instant with its offset from UTC, of a year from 1 to 9999 in UTC, as PostgreSQL takes it. */
export const instant = z.iso
  .datetime({ offset: true, abort: true })
  .refine(isInstant, 'must be a time of the years 1 to 9999');

/** An instant, or a day for its beginning in UTC. In a query `+` may have become a blank. */
export const instantOrDate = z.preprocess(
  (value) => (typeof value === 'string' ? value.replace(/ (?=\d{2}:\d{2}$)/, '+') : value),
  z.union([instant, date], { error: 'must be a date, or a time with its offset, of the years 1 to 9999' }),
);

/** PostgreSQL keeps six digits of a second, and takes no end of them. */
const MAX_LENGTH = '0000-00-00T00:00:00.000000000+00:00'.length;

function isInstant(value: string): boolean {
  if (value.length > MAX_LENGTH) return false;
  const [, hours, minutes] = /[+-](\d{2}):(\d{2})$/.exec(value) ?? [];
  if (hours && Number(hours) * 60 + Number(minutes) > MAX_OFFSET_MINUTES) return false;
  const year = new Date(value).getUTCFullYear();
  return year >= 1 && year <= 9999 && !value.startsWith('0000');
}
