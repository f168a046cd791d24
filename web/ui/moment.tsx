import { Tooltip } from '@mantine/core';
import { TICK_MS, useNow } from './now.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'short' });
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });
const PLAIN_DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' });

/** A moment as people say it: `5 min. ago`, after a week the date; on hover to the second. */
export function Moment({ at }: { at: string }) {
  const time = Date.parse(at);
  const now = useNow();
  return (
    <Tooltip label={FULL.format(time)}>
      <time dateTime={at}>{spoken(time, now)}</time>
    </Tooltip>
  );
}

function spoken(time: number, now: number): string {
  const away = time - now;
  const distance = Math.abs(away);
  if (distance < MINUTE) return away > TICK_MS ? 'in a moment' : 'just now';
  if (distance < HOUR) return RELATIVE.format(Math.round(away / MINUTE), 'minute');
  if (distance < DAY) return RELATIVE.format(Math.round(away / HOUR), 'hour');
  if (distance < 7 * DAY) return RELATIVE.format(Math.round(away / DAY), 'day');
  return DATE.format(time);
}

/** A day of the calendar, `YYYY-MM-DD`: the same day in every time zone. */
export function Day({ date }: { date: string }) {
  return <time dateTime={date}>{PLAIN_DATE.format(Date.parse(date))}</time>;
}

/** Today where the person is, as `YYYY-MM-DD`. */
export function today(): string {
  return new Date(Date.now() - new Date().getTimezoneOffset() * MINUTE).toISOString().slice(0, 10);
}
