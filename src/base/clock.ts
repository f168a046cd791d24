/** Where the program gets the time; handed in, so that tests can hold it still or let it jump. */
export interface Clock {
  /** Wall-clock time in milliseconds since 1970; may jump when the machine's clock is set. */
  now(): number;
  /** Milliseconds that only ever grow; for deadlines and durations. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

/** A moment as the API prints it: UTC, ISO 8601, milliseconds (`2026-06-01T12:00:00.000Z`). */
export function isoTime(ms: number): string {
  // A busy server asks for the same millisecond many times over.
  if (ms !== last.ms) last = { ms, text: new Date(ms).toISOString() };
  return last.text;
}

let last = { ms: 0, text: '1970-01-01T00:00:00.000Z' };
