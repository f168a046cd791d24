/** As in `1-5 09:00-17:30`: weekdays from Monday (1) to Sunday (7), and times of the workspace's zone. */
export const BUSINESS_HOURS = /^([1-7])(?:-([1-7]))? ([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$/;

/** Whether a time is within business hours; without them, always. @param hours as `BUSINESS_HOURS`, or '' */
export function isWithinHours(hours: string, timeZone: string, nowMs: number): boolean {
  const match = BUSINESS_HOURS.exec(hours.trim());
  if (!match) return true;
  const [, first, last = first, fromHour, fromMinute, toHour, toMinute] = match;
  const { weekday, minutes } = localTime(timeZone, nowMs);
  const isDay =
    Number(first) <= Number(last)
      ? weekday >= Number(first) && weekday <= Number(last)
      : weekday >= Number(first) || weekday <= Number(last);
  const from = Number(fromHour) * 60 + Number(fromMinute);
  const to = Number(toHour) * 60 + Number(toMinute);
  return isDay && minutes >= from && minutes < to;
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

function localTime(timeZone: string, nowMs: number): { weekday: number; minutes: number } {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(nowMs);
  const partOf = (type: string) => parts.find((part) => part.type === type)!.value;
  return {
    weekday: WEEKDAYS.indexOf(partOf('weekday')) + 1,
    minutes: Number(partOf('hour')) * 60 + Number(partOf('minute')),
  };
}
