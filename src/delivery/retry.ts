/** A webhook's retry schedule. */
export interface Schedule {
  /** Retries after the first attempt. */
  max: number;
  /** The delay before each retry, in seconds; the last one repeats where `max` goes beyond it. */
  intervalsS: readonly number[];
}

/**
 * How long to wait after a failed attempt, in milliseconds; null when the attempts are used up.
 * Jitter only adds, at most a tenth, so that retries of one outage do not come back as one burst;
 * Retry-After only lengthens.
 * @param made attempts made so far, this one included
 * @param dice a number from 0 up to 1
 */
export function nextDelayMs(
  schedule: Schedule,
  made: number,
  retryAfterMs: number | null,
  dice: () => number,
): number | null {
  if (made > schedule.max) return null;
  const interval = schedule.intervalsS[Math.min(made, schedule.intervalsS.length) - 1] ?? 0;
  const delay = interval * 1000 * (1 + dice() / 10);
  return Math.ceil(Math.max(delay, retryAfterMs ?? 0));
}
