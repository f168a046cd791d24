/** The source of the current time. It is passed in, so that tests can stop it or make it jump. */
export interface Clock {
  /** Wall-clock time in milliseconds since 1970; may jump when the machine's clock is set. */
  now(): number;
  /** Milliseconds that never decrease; for deadlines and durations. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

/** A time in the format of the API: UTC, ISO 8601, milliseconds (`2026-06-01T12:00:00.000Z`). */
export function isoTime(ms: number): string {
  // A busy server formats the same millisecond many times.
  if (ms !== last.ms) last = { ms, text: new Date(ms).toISOString() };
  return last.text;
}

let last = { ms: 0, text: '1970-01-01T00:00:00.000Z' };

/** The calendar day of a time in a time zone, as `YYYY-MM-DD`. @param timeZone an IANA name */
export function dayIn(timeZone: string, time: number): string {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(time);
  const valueOf = (type: string) => parts.find((part) => part.type === type)!.value;
  return `${valueOf('year')}-${valueOf('month')}-${valueOf('day')}`;
}
