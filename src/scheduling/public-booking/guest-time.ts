/** How times are written for guests. */

/** As in `Tuesday, 1 December 2026`. @param date `YYYY-MM-DD` */
export function longDate(date: string): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeZone: 'UTC' }).format(
    new Date(`${date}T00:00Z`),
  );
}

/** As in `Tue, 1 Dec`. @param date `YYYY-MM-DD` */
export function shortDate(date: string): string {
  const format = { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' } as const;
  return new Intl.DateTimeFormat('en-GB', format).format(new Date(`${date}T00:00Z`));
}

/** As in `09:30`. @param time ISO 8601 */
export function clockIn(timeZone: string, time: string): string {
  return new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone }).format(new Date(time));
}

/** The date of a time, `YYYY-MM-DD`; of the year 10000 of a time zone, the year 0. @param time ISO 8601 */
export function dateIn(timeZone: string, time: string): string {
  const [year = '', ...monthAndDay] = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  })
    .format(new Date(time))
    .split('-');
  return [year.padStart(4, '0').slice(-4), ...monthAndDay].join('-');
}

let names: readonly string[] | undefined;

/** The time zones to choose from; `present` is among them, also under a former name. */
export function timeZoneNames(present: string): readonly string[] {
  names ??= [...new Set(['UTC', ...Intl.supportedValuesOf('timeZone')])];
  return names.includes(present) ? names : [present, ...names];
}
