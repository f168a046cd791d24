import { Tooltip } from '@mantine/core';
import { dateText, dayText, fullText, relativeText } from './format.ts';
import { TICK_MS, useNow } from './now.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A relative time: `5 min. ago`, or the date after a week. The tooltip shows the full time. */
export function Moment({ at }: { at: string }) {
  const time = Date.parse(at);
  const now = useNow();
  return (
    <Tooltip label={fullText(time)}>
      <time dateTime={at}>{momentText(time, now)}</time>
    </Tooltip>
  );
}

function momentText(time: number, now: number): string {
  const difference = time - now;
  const distance = Math.abs(difference);
  if (distance < MINUTE) return difference > TICK_MS ? 'in a moment' : 'just now';
  if (distance < HOUR) return relativeText(Math.trunc(difference / MINUTE), 'minute');
  if (distance < DAY) return relativeText(Math.trunc(difference / HOUR), 'hour');
  if (distance < 7 * DAY) return relativeText(Math.trunc(difference / DAY), 'day');
  return dateText(time);
}

/** A calendar date, `YYYY-MM-DD`, independent of the time zone. */
export function Day({ date }: { date: string }) {
  return <time dateTime={date}>{dayText(date)}</time>;
}
