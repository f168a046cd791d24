import { z } from 'zod';

/** Names only: an offset such as `+02:00` knows no summer time. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Z]/i.test(name)) return false;
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}

/** A time zone by its IANA name, or by a former one, such as `Europe/Kiev`. */
export const timeZone = z
  .string()
  .max(100)
  .refine(isTimeZone, 'must be a name of the IANA time zone database, such as Europe/Berlin');
