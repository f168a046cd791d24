import { Tooltip } from '@mantine/core';
import { TICK_MS, useNow } from './now.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'short' });
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });
const PLAIN_DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' });

/** A relative time: `5 min. ago`, or the date after a week. The tooltip shows the full time. */
export function Moment({ at }: { at: string }) {
  const time = Date.parse(at);
  const now = useNow();
  return (
    <Tooltip label={FULL.format(time)}>
      <time dateTime={at}>{relativeText(time, now)}</time>
    </Tooltip>
  );
}

function relativeText(time: number, now: number): string {
  const difference = time - now;
  const distance = Math.abs(difference);
  if (distance < MINUTE) return difference > TICK_MS ? 'in a moment' : 'just now';
  if (distance < HOUR) return RELATIVE.format(Math.round(difference / MINUTE), 'minute');
  if (distance < DAY) return RELATIVE.format(Math.round(difference / HOUR), 'hour');
  if (distance < 7 * DAY) return RELATIVE.format(Math.round(difference / DAY), 'day');
  return DATE.format(time);
}

/** A calendar date, `YYYY-MM-DD`, independent of the time zone. */
export function Day({ date }: { date: string }) {
  return <time dateTime={date}>{PLAIN_DATE.format(Date.parse(date))}</time>;
}

/** Today in the local time zone, as `YYYY-MM-DD`. */
export function today(): string {
  return new Date(Date.now() - new Date().getTimezoneOffset() * MINUTE).toISOString().slice(0, 10);
}
